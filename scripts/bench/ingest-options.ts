import { parseArgs } from 'node:util';

export interface IngestBenchOptions {
  broker: 'redis' | 'amqp';
  engine: 'sqlite' | 'postgres';
  tasks: number;
  /** Tasks a second; 0: as fast as the broker takes them. */
  rate: number;
  /** On Redis: how many messages a sender sends before it waits for the answers; Celery sends one. */
  window: number;
  /** Tasks that the store holds already. */
  existing: number;
  /** Tasks that come before those that count, as on any day: the first ones that V8 sees take twice as long. */
  warmUp: number;
  /** Processes that share the Postgres. */
  ingesters: number;
  record: boolean;
  /** A folder for the CPU profiles of all threads, as Node's --cpu-prof writes them. */
  profile?: string;
  /** More options for Herbarium: what follows `--`. */
  more: string[];
}

export const ingestBenchUsage = `npm run bench:ingest -- [--broker redis|amqp] [--engine sqlite|postgres] [--tasks N]
  [--rate TASKS_A_SECOND|0] [--minutes N] [--window N] [--existing N] [--warm-up N] [--ingesters N] [--record]
  [--profile FOLDER] [-- HERBARIUM'S OPTIONS…]`;

/** Of a busy cluster, in tasks a second: what comes before a burst. */
export const busyRate = 2000;
const warmUpSeconds = 5;

/** Reads the command line. With --minutes there are as many tasks as the rate makes of them. @throws with what is accepted. */
export function readIngestBenchOptions(argv: string[]): IngestBenchOptions {
  const { values, positionals } = parseArgs({
    args: argv,
    options: {
      broker: { type: 'string', default: 'redis' },
      engine: { type: 'string', default: 'sqlite' },
      tasks: { type: 'string', default: '50000' },
      rate: { type: 'string', default: '0' },
      window: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      existing: { type: 'string', default: '0' },
      'warm-up': { type: 'string', default: String(warmUpSeconds * busyRate) },
      ingesters: { type: 'string', default: '1' },
      record: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
    allowPositionals: true,
  });
  const { broker, engine, record, profile } = values;
  if (broker !== 'redis' && broker !== 'amqp') throw toUsageError('--broker', 'redis or amqp', broker);
  if (engine !== 'sqlite' && engine !== 'postgres') throw toUsageError('--engine', 'sqlite or postgres', engine);
  const rate = readCount('--rate', values.rate, 0);
  const window = readCount('--window', values.window, 1);
  const ingesters = readCount('--ingesters', values.ingesters, 1);
  if (ingesters > 1 && engine === 'sqlite') throw new Error(`Only a Postgres is shared.\n${ingestBenchUsage}`);
  if (values.minutes !== undefined && rate === 0) throw new Error(`--minutes needs a --rate.\n${ingestBenchUsage}`);
  const tasks =
    values.minutes === undefined
      ? readCount('--tasks', values.tasks, 1)
      : readCount('--minutes', values.minutes, 1) * 60 * rate;
  const existing = readCount('--existing', values.existing, 0);
  const warmUp = readCount('--warm-up', values['warm-up'], 0);
  return { broker, engine, tasks, rate, window, existing, warmUp, ingesters, record, profile, more: positionals };
}

function readCount(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= least) return number;
  throw toUsageError(flag, `a whole number of at least ${least}`, text);
}

function toUsageError(flag: string, accepted: string, given: string): Error {
  return new Error(`${flag} is ${accepted}, not "${given}".\n${ingestBenchUsage}`);
}
