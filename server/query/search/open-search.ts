/**
 * In: questions about all stored tasks. Out: answers, merged exactly from those of the segments, each asked on its own
 * beside its data. One body for both engines. Nothing here goes through columns: that would hold up the HTTP loop.
 */
import type { FacetField } from '../../contract/search.ts';
import type { TaskBody } from '../../contract/tasks.ts';
import type { Condition } from '../../language/query.ts';
import type { Segment, StoreReader } from '../../store/store.ts';
import type {
  BucketRange,
  Budget,
  Explanation,
  Facets,
  Histogram,
  Page,
  PageRequest,
  Runtimes,
  SearchQueries,
} from '../search.ts';
import { chunkSize, readTasks } from '../task-rows.ts';
import { findRows } from './find-rows.ts';
import type { Answers, ExplainAnswer, Filter, Question } from './question.ts';
import { addBins, countRuntimes, readQuantile, type RuntimeBins } from './runtime-bins.ts';
import { chooseSegments } from './segment-choice.ts';
import { streamTasks } from './stream-tasks.ts';

/** What is searched. */
export type SearchedStore = Pick<StoreReader, 'segments'>;

export function openSearchQueries(store: SearchedStore): SearchQueries {
  return {
    page: (request, budget) => findPage(store, request, budget),
    count: async (where, budget) => {
      const { answers, partial } = await askAll(store, { kind: 'count', where, exact: [] }, budget);
      return { value: sum(answers.map(({ tasks }) => tasks)), relation: partial ? 'gte' : 'eq' };
    },
    facets: (where, fields, limit, budget) => countFacets(store, where, fields, limit, budget),
    histogram: (where, range, budget) => countOverTime(store, where, range, budget),
    runtimes: (where, range, budget) => findRuntimes(store, where, range, budget),
    stream: (where, sort, signal) => streamTasks(store, { where, sort }, signal),
    explain: (request) => explain(store, request),
  };
}

const filterOf = ({ where, exact = [] }: Pick<PageRequest, 'where' | 'exact'>): Filter => ({ where, exact });

async function findPage(store: SearchedStore, request: PageRequest, budget: Budget): Promise<Page> {
  const segments = await store.segments();
  const { sort, limit, after, before, offset = 0 } = request;
  const rows = { ...filterOf(request), sort, after, before, limit: offset + limit + 1 };
  const { places, partial } = limit > 0 ? await findRows(segments, rows, budget) : { places: [], partial: false };
  const isFull = places.length > offset + limit;
  const shown = places.slice(offset, offset + limit);
  if (before) shown.reverse();
  const tasks: TaskBody[] = [];
  for (let at = 0; at < shown.length; at += chunkSize) {
    tasks.push(...(await readTasks(segments, shown.slice(at, at + chunkSize))));
  }
  const isBeside = after !== undefined || offset > 0;
  const more = before ? { before: isFull, after: true } : { before: isBeside, after: isFull };
  return { tasks, first: shown[0] ?? null, last: shown.at(-1) ?? null, more, partial };
}

/** Segments that are asked whatever the clock says: see `answer-question.ts`. */
const leastAsked = 2;

type Asked = Exclude<Question, { kind: 'rows' }>;

/** The segments' answers, newest first, two asked at a time; partial also when there was no time for some. */
async function askAll<Kind extends Asked['kind']>(
  store: SearchedStore,
  question: Asked & { kind: Kind },
  budget: Budget,
): Promise<{ answers: Answers[Kind][]; partial: boolean }> {
  const waiting = chooseSegments(await store.segments(), question.where);
  const answers: Answers[Kind][] = [];
  let partial = false;
  let asked = 0;
  const askNext = async (): Promise<void> => {
    for (let segment = waiting.shift(); segment; segment = waiting.shift()) {
      if (performance.now() >= budget.deadlineMs && asked >= leastAsked) {
        partial = true;
        return;
      }
      asked++;
      const answer = (await segment.ask(question, budget)) as Answers[Kind];
      answers.push(answer);
      if ('partial' in answer && answer.partial) partial = true;
    }
  };
  await Promise.all([askNext(), askNext()]);
  return { answers, partial };
}

async function countFacets(
  store: SearchedStore,
  where: Condition | null,
  fields: readonly FacetField[],
  limit: number,
  budget: Budget,
): Promise<Facets> {
  const { answers, partial } = await askAll(store, { kind: 'facets', where, exact: [], fields }, budget);
  const facets = Object.fromEntries(
    fields.map((field) => [field, mostFrequent(addUp(answers.map((answer) => answer.facets[field])), limit)]),
  ) as Facets['facets'];
  const value = sum(answers.map(({ tasks }) => tasks));
  return { facets, total: { value, relation: partial ? 'gte' : 'eq' }, partial };
}

/** Of values equally frequent the first in the alphabet. */
function mostFrequent(counts: ReadonlyMap<string, number>, limit: number): { value: string; tasks: number }[] {
  const all = [...counts].map(([value, tasks]) => ({ value, tasks }));
  return all.sort((a, b) => b.tasks - a.tasks || (a.value < b.value ? -1 : 1)).slice(0, limit);
}

async function countOverTime(
  store: SearchedStore,
  where: Condition | null,
  range: BucketRange,
  budget: Budget,
): Promise<Histogram> {
  const { from, to, step } = range;
  const question = { kind: 'histogram', where: withinRange(where, range), exact: [], from, to, step } as const;
  const { answers, partial } = await askAll(store, question, budget);
  const buckets = Array.from({ length: Math.ceil((to - from) / step) }, (_, bucket) =>
    addUp(answers.map((answer) => answer.buckets.get(bucket))),
  );
  return { buckets, partial };
}

async function findRuntimes(
  store: SearchedStore,
  where: Condition | null,
  range: BucketRange,
  budget: Budget,
): Promise<Runtimes> {
  const { from, to, step } = range;
  const question = { kind: 'runtimes', where: withinRange(where, range), exact: [], from, to, step } as const;
  const { answers, partial } = await askAll(store, question, budget);
  const bins = Array.from({ length: Math.ceil((to - from) / step) }, (_, bucket) =>
    addBins(answers.map((answer) => answer.buckets.get(bucket))),
  );
  return { buckets: bins.map(toRuntimes), whole: toRuntimes(addBins(bins)), partial };
}

function toRuntimes(bins: RuntimeBins): Runtimes['whole'] {
  return { tasks: countRuntimes(bins), p50: readQuantile(bins, 0.5), p95: readQuantile(bins, 0.95) };
}

function withinRange(where: Condition | null, { from, to }: BucketRange): Condition {
  const within: Condition = {
    kind: 'range',
    field: 'received',
    from: { value: from, inclusive: true },
    to: { value: to, inclusive: false },
  };
  return where ? { kind: 'and', parts: [within, where] } : within;
}

function addUp(counts: readonly (ReadonlyMap<string, number> | undefined)[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const each of counts) for (const [text, tasks] of each ?? []) total.set(text, (total.get(text) ?? 0) + tasks);
  return total;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

async function explain(store: SearchedStore, request: PageRequest): Promise<Explanation> {
  const segments = await store.segments();
  const chosen = new Set(chooseSegments(segments, request.where));
  const question: Question = { kind: 'explain', ...filterOf(request) };
  const explainOne = async (segment: Segment): Promise<Explanation['segments'][number]> => {
    if (!chosen.has(segment)) return { id: segment.id, skipped: true, tasks: segment.tasks ?? 0, steps: [] };
    const { tasks, steps } = (await segment.ask(question, { deadlineMs: Infinity })) as ExplainAnswer;
    return { id: segment.id, skipped: false, tasks: segment.tasks ?? tasks, steps };
  };
  return { segments: await Promise.all(segments.map(explainOne)) };
}
