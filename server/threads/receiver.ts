import { parentPort, workerData } from 'node:worker_threads';
import type { ConsumerLog } from '../brokers/session.ts';
import { openEventConsumer } from '../brokers/open-consumer.ts';
import type { WriterAnswer } from '../ingest/messages.ts';
import { Receiver } from '../ingest/receiver.ts';
import type { BrokerOptions, ReceiverData, ReceiverOrder, ReceiverReport } from './messages.ts';

/**
 * The receiver thread: broker sockets and nothing else, so that no parsing and no disk ever stands between a broker and
 * its socket. In: orders of the main thread, answers of the writer. Out: parcels to the writer, figures to the main thread.
 */
const { port, brokers, instanceId, options } = workerData as ReceiverData;
const figuresEveryMs = 500;

const report = (message: ReceiverReport) => parentPort?.postMessage(message);
const log: ConsumerLog = {
  info: (message, fields) => report({ kind: 'log', level: 'info', message, fields }),
  warn: (message, fields) => report({ kind: 'log', level: 'warn', message, fields }),
};

function openBroker(broker: BrokerOptions) {
  const queue = { ...broker.queue, name: broker.queue.name ?? `herbarium.${instanceId}` };
  const consumer = openEventConsumer({ ...broker, queue, log });
  return { consumer, keepsMs: consumer.redelivers ? queue.expiresMs : 0 };
}

const receiver = new Receiver(brokers.map(openBroker), options, {
  toWriter: (message) => port.postMessage(message),
  onBrokers: (states) => report({ kind: 'brokers', brokers: states }),
});
const figuresTimer = setInterval(() => report({ kind: 'figures', figures: receiver.figures() }), figuresEveryMs);

async function stop(timeoutMs: number): Promise<void> {
  await receiver.stop(timeoutMs);
  clearInterval(figuresTimer);
  report({ kind: 'figures', figures: receiver.figures() });
  port.close();
  parentPort?.close();
}

port.on('message', (answer: WriterAnswer) => receiver.hear(answer));
parentPort?.on('message', (order: ReceiverOrder) => void stop(order.timeoutMs));
receiver.start();
