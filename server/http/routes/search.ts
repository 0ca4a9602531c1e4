import type { Request, Router } from 'express';
import type { z } from 'zod';
import {
  explainRequest,
  facetsRequest,
  histogramRequest,
  runtimesRequest,
  searchRequest,
  suggestRequest,
} from '../../contract/search.ts';
import type { SearchAnswers } from '../../query/search-answers.ts';
import { checkParameters, readParameters } from '../parameters.ts';
import { whileAsked } from '../text-stream.ts';
import { addReadRoute } from './read-route.ts';

/** Searches and what is counted beside them. Who leaves before the answer ends the work for it. */
export function addSearchRoutes(router: Router, search: SearchAnswers): void {
  const add = <T>(
    path: string,
    schema: z.ZodType<T>,
    answer: (asked: T, signal: AbortSignal) => Promise<object>,
  ): void =>
    addReadRoute(router, path, async (request, response) => {
      response.json(await answer(readSearchRequest(schema, request), whileAsked(response)));
    });

  add('/search', searchRequest, (asked, signal) => search.search(asked, signal));
  add('/search/facets', facetsRequest, (asked, signal) => search.facets(asked, signal));
  add('/search/histogram', histogramRequest, (asked, signal) => search.histogram(asked, signal));
  add('/search/runtimes', runtimesRequest, (asked, signal) => search.runtimes(asked, signal));
  add('/search/suggest', suggestRequest, (asked, signal) => search.suggest(asked, signal));
  add('/search/explain', explainRequest, (asked) => search.explain(asked));
}

export function readSearchRequest<T>(schema: z.ZodType<T>, { url }: Pick<Request, 'url'>): T {
  return checkParameters(schema, readParameters(url, ['q']));
}
