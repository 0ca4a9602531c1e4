import type { Router } from 'express';
import { exportRequest } from '../../contract/search.ts';
import { mediaTypes, toExportText, toFileName } from '../../export/export-text.ts';
import type { SearchAnswers } from '../../query/search-answers.ts';
import { sendText, whileAsked } from '../text-stream.ts';
import { addReadRoute } from './read-route.ts';
import { readSearchRequest } from './search.ts';

/** Everything that a search finds, as a file. `now`: epoch seconds. */
export function addExportRoute(router: Router, search: SearchAnswers, now: () => number): void {
  addReadRoute(router, '/export', async (request, response) => {
    const { format, columns, ...asked } = readSearchRequest(exportRequest, request);
    const text = toExportText(search.tasks(asked, whileAsked(response)), { format, columns });
    response.attachment(toFileName(format, now()));
    await sendText(response, mediaTypes[format], text);
  });
}
