/** The parts of a worker's page, Flower's among them, in the order in which they are asked for. */
export const workerTabs = [
  { id: 'pool', label: 'Pool' },
  { id: 'tasks', label: 'Tasks' },
  { id: 'held', label: 'In hand' },
  { id: 'queues', label: 'Queues' },
  { id: 'statistics', label: 'Statistics' },
  { id: 'configuration', label: 'Configuration' },
  { id: 'broker', label: 'Broker' },
  { id: 'system', label: 'System' },
] as const;

export type WorkerTab = (typeof workerTabs)[number]['id'];

/** The first one unless the address says another. */
export function readWorkerTab(query: URLSearchParams): WorkerTab {
  return workerTabs.find(({ id }) => id === query.get('tab'))?.id ?? 'pool';
}
