/** The fixed set of searches that the bench asks, over a history of `history-tasks.ts`. */
import { facetFields } from '../../server/contract/search.ts';
import { readQuery } from '../../server/language/read-query.ts';
import type { Sort } from '../../server/language/query.ts';
import type { Budget, PageRequest, SearchQueries } from '../../server/query/search.ts';
import { findPage, summaryBudgetMs, totalBudgetMs } from '../../server/query/search-answers.ts';
import {
  eventsOfHistoryTask,
  frequentName,
  frequentWorker,
  planted,
  seldomName,
  seldomWorker,
  uuidOf,
} from './history-tasks.ts';

export interface SearchQuestion {
  kind: 'page' | 'facets' | 'histogram';
  /** What it is about, in a word or three. */
  label: string;
  text: string;
  /** Pages: not the first one, but the one after so much of the history. */
  depth?: number;
  /** Histograms: of so many hours before the end of the history. */
  hours?: number;
}

/** What a question cost, in milliseconds, and what it found. */
export interface Answered {
  ms: number;
  /** Of a page: how long it took with its total, which is counted after it. */
  totalMs: number | null;
  found: string;
}

/** As the server does. */
const pageSize = 50;
const budgetMs = 5000;

interface Span {
  tasks: number;
  start: number;
  end: number;
}

export function toSearchQuestions({ tasks, start, end }: Span): SearchQuestion[] {
  const page = (label: string, text: string, depth?: number): SearchQuestion => ({ kind: 'page', label, text, depth });
  const facets = (label: string, text: string): SearchQuestion => ({ kind: 'facets', label, text });
  const histogram = (label: string, text: string, hours = 24): SearchQuestion => ({
    kind: 'histogram',
    label,
    text,
    hours,
  });
  const someTask = kwargsOf(Math.floor(tasks / 3), tasks);
  const middle = toIso((start + end) / 2);
  const hourInTheMiddle = `received:${middle}..${toIso((start + end) / 2 + 3600)}`;
  const { rare, oneInThousand, oneInTwenty, oneInFour, none } = planted;
  const common = `"${oneInTwenty.term}"`;
  return [
    page('newest', ''),
    page('rare term, 50 tasks', rare.term),
    page('term, 0.1 %', `"${oneInThousand.term}"`),
    page('term, 5 %', common),
    page('term, 28 %', `result:"${oneInFour.term}"`),
    page('absent term', none.term),
    page('absent term, 3 letters', 'zz9'),
    page('common, 2 letters', 'he'),
    page('absent, 2 letters', 'xq'),
    page('number, 6 digits', someTask.customer),
    page('hex, 8 digits', someTask.order.slice(0, 8)),
    page('uuid', `uuid:${uuidOf(Math.floor(tasks / 3))}`),
    page('workflow', `root:${uuidOf(Math.floor(tasks / 30) * 10)}`),
    page('kwarg', `kwargs:customer_id=${someTask.customer}`),
    page('kwarg, none', 'kwargs:customer_id=99'),
    page('kwarg and state', `kwargs:note="${oneInTwenty.term}" state:FAILURE`),
    page('exception', 'exception:KeyError'),
    page('traceback', 'traceback:"attempt=8"'),
    page('traceback, none', `traceback:${none.term}`),
    page('state', 'state:FAILURE'),
    page('not a state', '-state:SUCCESS'),
    page('name', `name:${frequentName}`),
    page('seldom name', `name:${seldomName}`),
    page('name pattern', 'name:*_15*'),
    page('state, name', `state:FAILURE name:${seldomName}`),
    page('state, term', `state:FAILURE ${common}`),
    page('state, two terms', `state:FAILURE ${common} example.com`),
    page('state, name, worker', `state:FAILURE name:${seldomName} worker:${seldomWorker}`),
    page('four filters', `state:FAILURE,RETRY name:${frequentName} worker:${frequentWorker} ${common}`),
    page('four filters, none', `state:REVOKED name:${seldomName} worker:${seldomWorker} ${rare.term}`),
    page('either, but not', `(${rare.term} OR ${common}) -name:${frequentName} queue:mail`),
    page('long runtime', 'runtime:>55s'),
    page('wait, state', 'wait:>15s state:FAILURE'),
    page('an hour', hourInTheMiddle),
    page('an hour, term', `${hourInTheMiddle} ${common}`),
    page('last day, absent term', `received:>24h ${none.term}`),
    ...['received', '-started', '-finished', '-runtime', '-wait', 'name', 'state', '-worker', '-retries'].map((sort) =>
      page(`by ${sort}`, `sort:${sort}`),
    ),
    page('term by -runtime', `${common} sort:-runtime`),
    page('state by -runtime', 'state:FAILURE sort:-runtime'),
    page('deep', '', 0.5),
    page('deep, term', common, 0.5),
    page('deep, by -runtime', 'sort:-runtime', 0.5),
    facets('all', ''),
    facets('state', 'state:FAILURE'),
    facets('term, 5 %', common),
    facets('last day', 'received:>24h'),
    histogram('24 h', ''),
    histogram('24 h, state', 'state:FAILURE'),
    histogram('24 h, term 5 %', common),
    histogram('10 days', '', 240),
  ];
}

function kwargsOf(n: number, tasks: number): { customer: string; order: string } {
  const kwargs = String(eventsOfHistoryTask(n, tasks, 0)[0]!['kwargs']);
  return { customer: /'customer_id': (\d+)/.exec(kwargs)![1]!, order: /'order': '(\w+)'/.exec(kwargs)![1]! };
}

const toIso = (epoch: number): string => `${new Date(Math.floor(epoch) * 1000).toISOString().slice(0, 19)}Z`;

/** Asks once. `now` (epoch seconds) is what times such as `>24h` count from. */
export async function ask(search: SearchQueries, question: SearchQuestion, span: Span, now: number): Promise<Answered> {
  const startedMs = performance.now();
  const lap = (): number => performance.now() - startedMs;
  const { where, sort } = readQuery(question.text, { now });
  const budget: Budget = { deadlineMs: startedMs + (question.kind === 'page' ? budgetMs : summaryBudgetMs) };
  switch (question.kind) {
    case 'page': {
      const order = sort ?? { key: 'received', descending: true };
      const after = placeAt(question.depth, order, span);
      let ms = 0;
      const timed: SearchQueries = {
        ...search,
        page: async (...request) => {
          const page = await search.page(...request);
          ms = lap();
          return page;
        },
      };
      const request = { where, sort: order, limit: pageSize, after };
      const { page, total } = await findPage(timed, request, budget, startedMs + totalBudgetMs);
      const totalMs = lap();
      const found = `${page.tasks.length}${page.partial ? ', in part,' : ''} of ${total.relation === 'gte' ? '≥' : ''}${total.value}`;
      return { ms, totalMs, found };
    }
    case 'facets': {
      const { total } = await search.facets(where, facetFields, 10, budget);
      return { ms: lap(), totalMs: null, found: `${total.relation === 'gte' ? '≥' : ''}${total.value}` };
    }
    case 'histogram': {
      const hours = question.hours ?? 24;
      const range = { from: now - hours * 3600, to: now, step: hours > 24 ? 3600 : 300 };
      const { buckets, partial } = await search.histogram(where, range, budget);
      const counts = buckets.flatMap((states) => [...states.values()]);
      const found = counts.reduce((sum, tasks) => sum + tasks, 0);
      return { ms: lap(), totalMs: null, found: `${partial ? '≥' : ''}${found}` };
    }
  }
}

/** A place so deep in the history: as a cursor has it, whether or not a task is there. */
function placeAt(depth: number | undefined, sort: Sort, { start, end }: Span): PageRequest['after'] {
  if (depth === undefined) return undefined;
  const value = sort.key === 'received' ? end - depth * (end - start) : depth;
  return { value, segment: 0, id: 0 };
}
