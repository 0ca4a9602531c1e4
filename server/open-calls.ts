/**
 * A part of the composition root: what it takes to send tasks to workers, and to learn what came of them.
 */
import { openTaskSender } from './brokers/open-task-sender.ts';
import type { Config } from './config/options.ts';
import { readClusterSettings, type ClusterSettings } from './control/cluster-settings.ts';
import type { InspectorView } from './control/inspector.ts';
import { isReadableBackend, openResultBackend, readableBackends } from './control/open-result-backend.ts';
import { openPublisher } from './control/publisher.ts';
import { openReruns } from './control/reruns.ts';
import { openResultView, type ResultView } from './control/result-view.ts';
import type { ResultBackend } from './control/results.ts';
import type { CallServices } from './http/routes/task-publish.ts';
import { readRedactions } from './ingest/redact.ts';
import type { Log } from './log.ts';
import { openTaskLinks } from './query/task-links.ts';
import { openTaskQueries } from './query/tasks.ts';
import { toBrokerOptions } from './room-options.ts';
import type { StoreReader } from './store/store.ts';
import type { Ingest } from './threads/open-ingest.ts';

export interface CallPlace {
  ingest: Pick<Ingest, 'saveRerun'>;
  store: StoreReader;
  inspector: InspectorView;
  results: ResultBackend | null;
  /** Epoch seconds. */
  now: () => number;
}

/** @throws {AppError} `bad_config` for a broker URL that is none */
export function openCalls(config: Config, place: CallPlace, undos: (() => Promise<unknown>)[]): CallServices {
  const { ingest, store, inspector, results, now } = place;
  const sender = openTaskSender(toBrokerOptions(config));
  undos.push(async () => {
    sender.close();
    await results?.close();
  });
  const publisher = openPublisher({ sender, settings: () => settingsOf(inspector), results, now });
  const stored = openTaskQueries(store);
  return {
    publisher,
    reruns: openReruns({ publisher, save: (rerun) => ingest.saveRerun(rerun) }),
    findRecorded: (id) => stored.find(id),
    results: results && openShownResults(config, results),
    linksOf: openTaskLinks(store),
  };
}

/** null without one, or with one that cannot be read. @throws {AppError} `bad_config` */
export function openResults(config: Config, inspector: InspectorView, log: Log): ResultBackend | null {
  const { result_backend: url, result_backend_transport_options: transport } = config;
  if (url === null) return null;
  if (!isReadableBackend(url)) {
    log.info(`this result backend is not read. ${readableBackends}`, { backend: url.split(':')[0] });
    return null;
  }
  return openResultBackend({
    url,
    transport,
    broker: toBrokerOptions(config),
    expiresS: () => settingsOf(inspector).resultExpiresS,
  });
}

function settingsOf(inspector: InspectorView): ClusterSettings {
  return readClusterSettings(inspector.list().map(([, inspection]) => inspection));
}

function openShownResults(config: Config, results: ResultBackend): ResultView {
  const redactor = readRedactions(config.redact);
  return openResultView(results, redactor && ((value) => redactor.value('result', value)));
}
