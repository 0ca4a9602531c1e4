#!/usr/bin/env node
/** In: the command line, the environment and signals. Out: an exit code; the only place that ends the process. */
import { startApp, type App } from './app.ts';
import { readBrokerUrls } from './brokers/broker-url.ts';
import { readTransportOptions } from './brokers/transport-options.ts';
import { readCommandLine } from './config/command-line.ts';
import { describeConfig } from './config/describe-config.ts';
import { toHelpText } from './config/help.ts';
import { loadConfig, type LoadedConfig } from './config/load-config.ts';
import { AppError } from './errors.ts';
import { readRedactions } from './ingest/redact.ts';
import { openLog, toLogOptions, type OpenLog } from './log.ts';
import { version } from './package-root.ts';
import { engineOf } from './store/open-store.ts';

/** What a shell is told: as `EX_USAGE` and others do, apart from 1, which an uncaught error gives. */
const exitCodes = { ok: 0, failed: 1, badConfig: 2 } as const;

async function main(argv: readonly string[]): Promise<number> {
  const { asksFor } = readCommandLine(argv);
  if (asksFor !== undefined) {
    process.stdout.write(asksFor === 'help' ? toHelpText(process.stdout.columns) : `herbarium ${version}\n`);
    return exitCodes.ok;
  }
  let loaded: LoadedConfig;
  try {
    loaded = await loadConfig({ argv, env: process.env, cwd: process.cwd(), checks });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return exitCodes.badConfig;
  }
  const log = openLog(toLogOptions(loaded.config));
  try {
    return await serve(loaded, log);
  } finally {
    log.close();
  }
}

/** What only the rooms themselves can say of a value. */
const checks = {
  broker: (url: string) => void readBrokerUrls(url, 'broker'),
  broker_transport_options: (options: Readonly<Record<string, unknown>>) =>
    void readTransportOptions(options, 'broker_transport_options'),
  db: (db: string) => void engineOf(db),
  redact: (rules: readonly string[]) => void readRedactions(rules),
};

/** Runs until a signal asks to stop; a second one ends the process at once. */
async function serve({ config, sources, notices }: LoadedConfig, log: OpenLog): Promise<number> {
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  for (const notice of notices) log.warn(notice);
  for (const line of describeConfig(config, sources)) log.debug(line);
  let app: App | NodeJS.Signals;
  try {
    app = await Promise.race([startApp(config, log), asked]);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.error(error.message);
    return error.code === 'bad_config' ? exitCodes.badConfig : exitCodes.failed;
  }
  if (typeof app === 'string') {
    log.warn(`${app} before the start was over: nothing was received, and nothing is to be stored`);
    return exitCodes.failed;
  }
  log.info(`Herbarium ${version} is at ${app.url}`);
  const signal = await asked;
  log.info(`${signal}: storing what has come in, then stopping`);
  for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(exitCodes.failed));
  await app.stop();
  return exitCodes.ok;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`Herbarium failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(exitCodes.failed);
}
