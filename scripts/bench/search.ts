/**
 * How fast searches are in a long history, alone and beside ingest: `npm run bench:search`; options are below. Builds the
 * history the first time (see kept-history.ts), asks a fixed set of questions (search-questions.ts) through the same
 * queries and reader threads as the server, and prints what each took, with JSON: the first time after a start, then again
 * and again as open pages do, and again as if nobody had asked before (`anew`). Nothing is written to the history: what is
 * ingested beside goes into a copy.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSearchQueries, type SearchedStore } from '../../server/query/search/open-search.ts';
import { engineOf, openStoreReader } from '../../server/store/open-store.ts';
import type { StoreReader } from '../../server/store/store.ts';
import { openThread } from '../../server/threads/open-thread.ts';
import { openHistory, type KeptHistory } from './kept-history.ts';
import { toQuantiles, toTenths, type Quantiles } from './quantiles.ts';
import { recordResult } from './results.ts';
import { ask, toSearchQuestions, type Answered, type SearchQuestion } from './search-questions.ts';
import { startIngest } from './start-ingest.ts';

const usage = `npm run bench:search -- [--tasks N] [--days N] [--engine sqlite|postgres] [--runs N] [--rate TASKS_A_SECOND|0]
  [--only TEXT] [--warm] [--build] [--record]`;
const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '10' },
    engine: { type: 'string', default: 'sqlite' },
    /** How often each question is asked, after a first time that is counted apart. */
    runs: { type: 'string', default: '20' },
    /** Of the ingest beside; 0: none. */
    rate: { type: 'string', default: '2000' },
    /** Questions with this in their label. */
    only: { type: 'string', default: '' },
    /** Without asking each question once with nothing of the history in memory, which takes long. */
    warm: { type: 'boolean', default: false },
    /** Only build the history. */
    build: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});

/** A question that takes longer is asked fewer times. */
const slowMs = 1000;
const slowRuns = 3;

const say = (line: string): void => console.error(`bench: ${line}`);

interface Figures extends Quantiles {
  /** The first time after a start: of no segment anything is in the threads' memory. */
  first: number;
  /** Of pages with their totals. */
  total_p95: number | null;
  found: string;
}

type FiguresByQuestion = Map<SearchQuestion, Figures>;

async function main(): Promise<void> {
  const { engine } = values;
  if (engine !== 'sqlite' && engine !== 'postgres') throw new Error(usage);
  const [tasks, days, runs, rate] = [values.tasks, values.days, values.runs, values.rate].map(Number);
  if (!(tasks! > 0 && days! > 0 && runs! > 0 && rate! >= 0)) throw new Error(usage);
  const history = await openHistory({ engine, tasks: tasks!, days: days! }, say);
  say(`history of ${tasks} tasks in ${history.db}`);
  if (values.build) return;
  const span = { tasks: tasks!, start: history.start, end: history.end };
  const isAsked = ({ kind, label }: SearchQuestion) => `${kind}: ${label}`.includes(values.only);
  const questions = toSearchQuestions(span).filter(isAsked);
  const bench = new SearchBench(questions, span, runs!);
  const disk = await bench.bytesPerTask(history);
  const cold = values.warm ? null : await bench.askCold(history);
  const alone = await bench.askAll(history.db, () => history.end);
  const anew = await bench.askAll(history.db, () => history.end, askedAnew);
  const { figures: beside, ingest } =
    rate! > 0 ? await askBeside(bench, history, rate!) : { figures: null, ingest: null };
  const rows = questions.map((question) =>
    toRow(question, cold?.get(question), alone.get(question)!, anew.get(question)!, beside?.get(question)),
  );
  console.table(rows.map(({ kind, label, text: _text, ...row }) => ({ question: `${kind}: ${label}`, ...row })));
  const result = {
    options: { engine, tasks, days, runs, rate },
    bytes_per_task: disk,
    built: history.built,
    cold: cold
      ? 'page cache dropped'
      : values.warm
        ? 'not measured'
        : 'not measured: the page cache could not be dropped',
    ...summarize({ alone, anew, beside }),
    ingest,
    questions: rows,
  };
  console.log(JSON.stringify(result));
  if (values.record) say(`recorded in ${await recordResult('search', result)}`);
}

class SearchBench {
  constructor(
    readonly questions: SearchQuestion[],
    readonly span: { tasks: number; start: number; end: number },
    readonly runs: number,
  ) {}

  async bytesPerTask(history: KeptHistory): Promise<number> {
    const reader = await open(history.db);
    const { bytes } = await reader.totals();
    await reader.close();
    return Math.round(bytes / this.span.tasks);
  }

  /** Each once, in threads that have nothing open, with nothing of the store in memory. null: it cannot be had out. */
  async askCold({ db, end }: KeptHistory): Promise<Map<SearchQuestion, Answered> | null> {
    if (!dropFromMemory(db)) return null;
    const answers = new Map<SearchQuestion, Answered>();
    for (const question of this.questions) {
      const reader = await open(db);
      dropFromMemory(db);
      answers.set(question, await ask(openSearchQueries(reader), question, this.span, end));
      await reader.close();
    }
    return answers;
  }

  /** Round by round, so that no question is helped by having been asked just before. */
  async askAll(
    db: string,
    now: () => number,
    asked: (store: SearchedStore) => SearchedStore = (store) => store,
  ): Promise<FiguresByQuestion> {
    const reader = await open(db);
    const search = openSearchQueries(asked(reader));
    const answers = new Map<SearchQuestion, Answered[]>(this.questions.map((question) => [question, []]));
    // Into the page cache, by threads that are not asked again.
    const warming = await open(db);
    for (const question of this.questions) await ask(openSearchQueries(warming), question, this.span, now());
    await warming.close();
    for (let round = 0; round <= this.runs; round++) {
      for (const [question, known] of answers) {
        if (round > slowRuns && known[0]!.ms > slowMs) continue;
        known.push(await ask(search, question, this.span, now()));
      }
    }
    await reader.close();
    return new Map([...answers].map(([question, each]) => [question, toFigures(each)]));
  }
}

/** With its threads running. */
async function open(db: string): Promise<StoreReader> {
  const reader = await openStoreReader(db, () => openThread('reader', {}));
  await Promise.all([reader.segments(), reader.segments()]);
  return reader;
}

/** The store as whoever asks what nobody has asked before finds it: no segment remembers an answer, all else is in memory. */
function askedAnew(store: SearchedStore): SearchedStore {
  let asked = 0;
  return {
    segments: async () => {
      const segments = await store.segments();
      return segments.map((segment) => ({
        ...segment,
        ask: (question, limits) => segment.ask({ ...(question as object), asked: asked++ }, limits),
      }));
    },
  };
}

/** Has the system forget the files, with GNU dd; a database's server keeps what it read in memory of its own. */
function dropFromMemory(db: string): boolean {
  if (engineOf(db) === 'postgres') return false;
  const folders = [db, join(db, 'segments')];
  const paths = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  try {
    for (const path of paths.filter((path) => statSync(path).isFile())) {
      execFileSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'], { stdio: 'pipe' });
    }
    return true;
  } catch {
    return false;
  }
}

async function askBeside(bench: SearchBench, history: KeptHistory, rate: number) {
  const copy = await history.copy();
  try {
    const startedMs = performance.now();
    const ingest = await startIngest({
      db: copy.db,
      tasksPerSecond: rate,
      firstTask: bench.span.tasks,
      start: history.end,
    });
    const now = () => history.end + (performance.now() - startedMs) / 1000;
    const figures = await bench.askAll(copy.db, now);
    return { figures, ingest: await ingest.stop() };
  } finally {
    await copy.remove();
  }
}

function toFigures([first, ...answers]: Answered[]): Figures {
  const totals = answers.flatMap(({ totalMs }) => totalMs ?? []);
  return {
    first: toTenths(first!.ms),
    ...toQuantiles(answers.map(({ ms }) => ms)),
    total_p95: totals.length > 0 ? toQuantiles(totals).p95 : null,
    found: answers.at(-1)!.found,
  };
}

function toRow(
  { kind, label, text }: SearchQuestion,
  cold: Answered | undefined,
  alone: Figures,
  anew: Figures,
  beside?: Figures,
) {
  const { found, ...figures } = alone;
  return {
    kind,
    label,
    text,
    found,
    cold: cold ? toTenths(cold.ms) : null,
    ...figures,
    anew_p50: anew.p50,
    anew_p95: anew.p95,
    anew_max: anew.max,
    beside_p50: beside?.p50 ?? null,
    beside_p95: beside?.p95 ?? null,
    beside_max: beside?.max ?? null,
  };
}

/** Over all questions of a kind: none has more. */
function summarize(measured: Record<'alone' | 'anew', FiguresByQuestion> & { beside: FiguresByQuestion | null }) {
  const over = (figures: FiguresByQuestion, kind: SearchQuestion['kind']) => {
    const chosen = [...figures].filter(([question]) => question.kind === kind).map(([, each]) => each);
    const most = (key: 'first' | 'p50' | 'p95' | 'max' | 'total_p95') =>
      Math.max(...chosen.map((each) => each[key] ?? 0));
    return { p50: most('p50'), p95: most('p95'), max: most('max'), first: most('first'), total_p95: most('total_p95') };
  };
  const kinds = ['page', 'facets', 'histogram'] as const;
  const all = (figures: FiguresByQuestion | null) =>
    figures && Object.fromEntries(kinds.map((kind) => [kind, over(figures, kind)]));
  const summary = { alone: all(measured.alone), anew: all(measured.anew), beside: all(measured.beside) };
  for (const [when, figures] of Object.entries(summary)) if (figures) say(`worst ${when}: ${JSON.stringify(figures)}`);
  return summary;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
