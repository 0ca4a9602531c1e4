import { queueDepthsRequest, queueHistoryRequest } from '../../../contract/queues.ts';
import { described, type Operation } from '../operation.ts';

const common = { tag: 'Queues', method: 'get', refusals: { 503: 'json' } } as const;
const moment = 'epoch seconds, or a date and time such as `2026-11-20T06:00:00Z`';
const range = {
  from: `Where it begins: ${moment}; 24 hours before \`to\` unless told`,
  to: `Where it ends: ${moment}; now unless told`,
};

export const queueOperations: readonly Operation[] = [
  {
    ...common,
    id: 'listQueues',
    path: '/api/queues',
    summary: 'Each queue that workers consume, or `--queues` names, as it was last looked at',
    description: 'What a broker does not tell is null.',
    answer: { json: 'QueuesBody' },
  },
  {
    ...common,
    id: 'readQueueLengths',
    path: '/api/queues/length',
    summary: 'How many messages wait in each queue, as Flower tells it',
    answer: { json: 'QueueLengthsBody' },
  },
  {
    ...common,
    id: 'readQueueHistory',
    path: '/api/queues/history',
    summary: 'What waited in a queue, by minute, as long as `--retention-metrics` says',
    query: described(queueHistoryRequest, {
      queue: 'The name of the queue',
      ...range,
    }),
    answer: { json: 'QueueHistoryBody' },
  },
  {
    ...common,
    id: 'readQueueDepths',
    path: '/api/queues/depths',
    summary: 'The most that waited in each queue, over time',
    query: described(queueDepthsRequest, range),
    answer: { json: 'QueueDepthsBody' },
  },
  {
    ...common,
    id: 'readBroker',
    path: '/api/broker',
    summary: 'Version, memory, connections and uptime of the broker',
    answer: { json: 'BrokerBody' },
  },
];
