import {
  exportFormats,
  exportRequest,
  explainRequest,
  facetsRequest,
  histogramRequest,
  runtimesRequest,
  maxFacetValues,
  maxHistogramBuckets,
  maxPageTasks,
  searchRequest,
  suggestRequest,
} from '../../../contract/search.ts';
import { taskFields } from '../../../contract/tasks.ts';
import { mediaTypes } from '../../../export/export-text.ts';
import { sortKeys } from '../../../language/query.ts';
import { described, type Operation } from '../operation.ts';

const q = 'A search, such as `state:FAILURE kwargs:customer.id=4711 received:>24h`; all tasks unless told';
const zone = 'Time zone of times in `q` that name none, such as `Europe/Berlin`; the server’s unless told';
const sort = `One of ${sortKeys.join(', ')}, with \`-\` in front for descending; \`-received\` unless told`;
const moment = 'epoch seconds, or a date and time such as `2026-11-20T06:00:00Z`';
const whole = 'Count all there is, which may take until `--query-timeout`';
const overTime = {
  q,
  zone,
  from: `Where it begins: ${moment}; where \`q\` does, else with the oldest task`,
  to: `Where it ends: ${moment}; where \`q\` does, else now`,
  step: `Seconds of a bucket, of which there may be ${maxHistogramBuckets}; unless told, some 60 to 120 buckets`,
};
const afterQuarter =
  'After a quarter of a second it answers what it has by then, with `"partial": true`, unless `whole` is asked for.';
const common = { tag: 'Search', method: 'get', refusals: { 503: 'json' } } as const;

export const searchOperations: readonly Operation[] = [
  {
    ...common,
    id: 'search',
    path: '/api/search',
    summary: 'One page of what a search finds',
    description: 'After `--query-timeout` it answers what it has by then, with `"partial": true`.',
    query: described(searchRequest, {
      q,
      zone,
      sort,
      limit: `How many tasks on a page, at most ${maxPageTasks}; 50 unless told`,
      cursor: '`next` or `prev` of an answer to the same search in the same order',
    }),
    answer: { json: 'SearchBody' },
  },
  {
    ...common,
    id: 'readFacets',
    path: '/api/search/facets',
    summary: 'The most frequent states, names, workers, queues and exceptions of what a search finds',
    description: afterQuarter,
    query: described(facetsRequest, {
      q,
      zone,
      limit: `How many values of each, at most ${maxFacetValues}; 10 unless told`,
      whole,
    }),
    answer: { json: 'FacetsBody' },
  },
  {
    ...common,
    id: 'readHistogram',
    path: '/api/search/histogram',
    summary: 'What a search finds over time, by state',
    description: afterQuarter,
    query: described(histogramRequest, { ...overTime, whole }),
    answer: { json: 'HistogramBody' },
  },
  {
    ...common,
    id: 'readRuntimes',
    path: '/api/search/runtimes',
    summary: 'How long the tasks that a search finds ran, over time',
    query: described(runtimesRequest, overTime),
    answer: { json: 'RuntimesBody' },
  },
  {
    ...common,
    id: 'suggest',
    path: '/api/search/suggest',
    summary: 'What could be typed next in a search',
    query: described(suggestRequest, {
      q,
      zone,
      cursor: 'Where in `q` is being typed, in UTF-16 units; at its end unless told',
    }),
    answer: { json: 'SuggestBody' },
  },
  {
    ...common,
    id: 'explain',
    path: '/api/search/explain',
    summary: 'How a search was understood, and how it is answered',
    query: described(explainRequest, { q, zone, sort }),
    answer: { json: 'ExplainBody' },
  },
  {
    ...common,
    id: 'export',
    path: '/api/export',
    summary: 'Everything that a search finds, as a file',
    description: 'Without a limit, and as a stream: an answer that breaks off is not whole.',
    query: described(exportRequest, {
      q,
      zone,
      sort,
      format: `One of ${exportFormats.join(', ')}: an object a line, for spreadsheets, one array; \`ndjson\` unless told`,
      columns: `Which fields, with commas between; all unless told: ${taskFields.join(', ')}`,
      limit: 'How many tasks at most; all unless told',
    }),
    answer: { text: Object.values(mediaTypes).map((type) => type.replace(/;.*/, '')) },
  },
];
