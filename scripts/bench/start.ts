/**
 * How long a start with a long history takes, and how much memory all that can be asked of it: `npm run bench:start`;
 * options are below. Starts the built program on a copy of the history (see kept-history.ts), times it to its first
 * answers, then asks every question of search-questions.ts over HTTP.
 */
import { parseArgs } from 'node:util';
import { openHistory, type KeptHistory } from './kept-history.ts';
import { startProgram, type Program } from './program.ts';
import { recordResult } from './results.ts';
import { toSearchQuestions, type SearchQuestion } from './search-questions.ts';

const usage = `npm run bench:start -- [--tasks N] [--days N] [--engine sqlite|postgres] [--runs N] [--record]`;
const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '10' },
    engine: { type: 'string', default: 'sqlite' },
    runs: { type: 'string', default: '3' },
    record: { type: 'boolean', default: false },
  },
});

/** Nobody is there: a start does not wait for its broker. */
const broker = 'redis://127.0.0.1:1';
const firstPaths = ['/healthcheck', '/api/workers?status=1', '/api/task/types', '/api/tasks?limit=50', '/api/status'];
/** Each question is asked so often; the second time answers are remembered. */
const rounds = 2;

const say = (line: string): void => console.error(`bench: ${line}`);

async function main(): Promise<void> {
  const { engine } = values;
  if (engine !== 'sqlite' && engine !== 'postgres') throw new Error(usage);
  const [tasks, days, runs] = [values.tasks, values.days, values.runs].map(Number) as [number, number, number];
  if (!(tasks > 0 && days > 0 && runs > 0)) throw new Error(usage);
  const history = await openHistory({ engine, tasks, days }, say);
  const questions = toSearchQuestions({ tasks, start: history.start, end: history.end });
  const copy = await history.copy();
  try {
    const figures: object[] = [];
    for (let run = 0; run < runs; run++) figures.push(await measure(copy.db, questions));
    console.table(figures);
    const result = { options: { engine, tasks, days, runs }, figures };
    console.log(JSON.stringify(result));
    if (values.record) say(`recorded in ${await recordResult('start', result)}`);
  } finally {
    await copy.remove();
  }
}

/** Milliseconds from the start to each answer, one after the other, and MB of resident memory. */
async function measure(db: KeptHistory['db'], questions: readonly SearchQuestion[]): Promise<object> {
  const startedMs = performance.now();
  const program = await startProgram(['--broker', broker, '--db', db]);
  try {
    const lap = (): number => Math.round(performance.now() - startedMs);
    const laps: Record<string, number> = { listening: lap() };
    for (const path of firstPaths) {
      await ask(program, path);
      laps[path] = lap();
    }
    const started = program.memory();
    for (let round = 0; round < rounds; round++) for (const each of questions) await ask(program, pathOf(each));
    const asked = program.memory();
    const toMb = (mb: number | undefined): number | null => (mb === undefined ? null : Math.round(mb));
    return {
      ...laps,
      rss_started_mb: toMb(started?.rssMb),
      rss_asked_mb: toMb(asked?.rssMb),
      rss_peak_mb: toMb(asked?.rssPeakMb),
    };
  } finally {
    await program.stop();
  }
}

async function ask(program: Program, path: string): Promise<void> {
  const response = await fetch(program.url + path);
  const body = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${body}`);
}

const pathOf = ({ kind, text }: SearchQuestion): string =>
  `/api/search${kind === 'page' ? '' : `/${kind}`}?q=${encodeURIComponent(text)}`;

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
