/** The server itself: what `herbarium` does when it is told nothing else. */
import { startApp, type App } from '../app.ts';
import { describeConfig } from '../config/describe-config.ts';
import { serverGrammar } from '../config/grammar.ts';
import type { Config } from '../config/options.ts';
import { AppError } from '../errors.ts';
import { openLog, toLogOptions, type OpenLog } from '../log.ts';
import { version } from '../package-root.ts';
import type { Command, CommandArgs, CommandIo, Interrupted } from './command.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';

export const serve: Command = {
  name: 'serve',
  summary: 'Watch a cluster and serve pages and the API; the same as no command at all',
  grammar: serverGrammar,
  exitCodeOf,
  run: async (args, io) => {
    // The grammar of the server names every option.
    const config = args.config as Config;
    const log = openLog(toLogOptions(config), io.stderr);
    try {
      return await runServer(config, args, log, io);
    } finally {
      log.close();
    }
  },
};

/** Runs until a signal asks to stop. */
async function runServer(
  config: Config,
  { sources, notices }: CommandArgs,
  log: OpenLog,
  { signal }: CommandIo,
): Promise<number> {
  const asked = new Promise<string>((resolve) => {
    const answer = (): void => resolve((signal.reason as Interrupted).by);
    if (signal.aborted) answer();
    else signal.addEventListener('abort', answer, { once: true });
  });
  for (const notice of notices) log.warn(notice);
  for (const line of describeConfig(config, sources)) log.debug(line);
  let app: App | string;
  try {
    app = await Promise.race([startApp(config, log), asked]);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.error(error.message);
    return exitCodeOf(error);
  }
  if (typeof app === 'string') {
    log.warn(`${app} before the start was over: nothing was received, and nothing is to be stored`);
    return exitCodes.failed;
  }
  log.info(`Herbarium ${version} is at ${app.url}`);
  const by = await asked;
  log.info(`${by}: storing what has come in, then stopping`);
  await app.stop();
  return exitCodes.ok;
}
