import { readFile } from 'node:fs/promises';
import type { Router } from 'express';
import type { ApiDocument } from '../../contract/api-document.ts';
import { AppError } from '../../errors.ts';
import { addReadRoute } from './read-route.ts';

export interface ApiDocumentOptions {
  /** The built file; see scripts/openapi.ts. */
  file: string;
  /** Empty, or `/prefix`. */
  urlPrefix: string;
}

/** The API as an OpenAPI document, which says where this server is. */
export function addApiDocumentRoute(router: Router, { file, urlPrefix }: ApiDocumentOptions): void {
  addReadRoute(router, '/openapi.json', async (_request, response) => {
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new AppError('not_supported', 'The document is not built: run `npm run build`', undefined, { cause });
    });
    const document: ApiDocument = { ...(JSON.parse(text) as ApiDocument), servers: [{ url: urlPrefix || '/' }] };
    response.json(document);
  });
}
