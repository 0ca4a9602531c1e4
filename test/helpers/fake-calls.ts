import type { TaskSender } from '../../server/brokers/open-task-sender.ts';
import { readClusterSettings } from '../../server/control/cluster-settings.ts';
import { openPublisher } from '../../server/control/publisher.ts';
import { openReruns, type RecordedTask } from '../../server/control/reruns.ts';
import { openResultView } from '../../server/control/result-view.ts';
import type { KeptResult, ResultBackend } from '../../server/control/results.ts';
import type { CallServices } from '../../server/http/routes/task-publish.ts';

/** Tasks that pass the checks of a message, kept instead of sent; results from a map. */
export class FakeCluster {
  readonly sent: Parameters<TaskSender['send']>[0][] = [];
  readonly reruns: { uuid: string; retryOf: string }[] = [];
  readonly recorded = new Map<string, RecordedTask>();
  readonly results = new Map<string, KeptResult>();
  readonly aborted: string[] = [];
  settings = readClusterSettings([]);
  hasResults = true;
}

export function openFakeCalls(cluster = new FakeCluster()): CallServices {
  const now = (): number => 1_800_000_000;
  const publisher = openPublisher({
    sender: { send: async (task) => void cluster.sent.push(task) },
    settings: () => cluster.settings,
    results: null,
    now,
  });
  const backend: ResultBackend = {
    tellsOfAll: true,
    prepare: async () => null,
    close: async () => undefined,
    read: async (ids) => new Map([...cluster.results].filter(([id]) => ids.includes(id))),
    async wait(id, signal) {
      while (!signal.aborted && !cluster.results.has(id)) await new Promise((resolve) => setTimeout(resolve, 5));
      return cluster.results.get(id) ?? null;
    },
    abort: async (id) => void cluster.aborted.push(id),
  };
  return {
    publisher,
    reruns: openReruns({ publisher, save: (rerun) => void cluster.reruns.push(rerun) }),
    findRecorded: async (id) => cluster.recorded.get(id),
    results: cluster.hasResults ? openResultView(backend, null) : null,
    linksOf: async (id) => {
      const retryOf = cluster.reruns.find(({ uuid }) => uuid === id)?.retryOf;
      const retriedAs = cluster.reruns.filter((each) => each.retryOf === id).map(({ uuid }) => uuid);
      return {
        ...(retryOf !== undefined && { retry_of: retryOf }),
        ...(retriedAs.length > 0 && { retried_as: retriedAs }),
      };
    },
  };
}
