import { parseArgs } from 'node:util';

export interface DemoOptions {
  broker: 'redis' | 'amqp';
  /** Tasks a second. */
  rate: number;
  /** None: 5555, or the next free one. */
  port?: number;
  /** A folder or a postgres:// URL; `postgres` starts a private one. None: a temporary folder. */
  db?: string;
  /** More options for Herbarium: what follows `--`. */
  more: string[];
}

export const demoUsage = `npm run demo -- [--broker redis|amqp] [--db FOLDER|postgres://…|postgres] [--port N] [--rate N] [-- HERBARIUM'S OPTIONS…]`;

/** Reads the demo's command line. @throws with what is accepted. */
export function readDemoOptions(argv: string[]): DemoOptions {
  const { values, positionals, tokens } = parseArgs({
    args: argv,
    options: {
      broker: { type: 'string', default: 'redis' },
      rate: { type: 'string', default: '4' },
      port: { type: 'string' },
      db: { type: 'string' },
    },
    allowPositionals: true,
    tokens: true,
  });
  const terminator = tokens.find(({ kind }) => kind === 'option-terminator')?.index ?? argv.length;
  const stray = tokens.find((token) => token.kind === 'positional' && token.index < terminator);
  if (stray) throw new Error(`"${argv[stray.index] ?? ''}" is not understood here.\n${demoUsage}`);
  const { broker, db } = values;
  if (broker !== 'redis' && broker !== 'amqp')
    throw new Error(`--broker is redis or amqp, not "${broker}".\n${demoUsage}`);
  const rate = readNumber('--rate', values.rate, 0.1, 1000);
  const port = values.port === undefined ? undefined : readNumber('--port', values.port, 1, 65_535);
  return { broker, rate, port, db, more: positionals };
}

function readNumber(flag: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= least && number <= most) return number;
  throw new Error(`${flag} is a number from ${String(least)} to ${String(most)}, not "${text}".\n${demoUsage}`);
}
