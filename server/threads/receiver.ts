import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { ConsumerLog } from '../brokers/session.ts';
import { openEventConsumer } from '../brokers/open-consumer.ts';
import type { WriterAnswer } from '../ingest/messages.ts';
import type { Parcel } from '../ingest/parcel.ts';
import { Protection } from '../ingest/protection.ts';
import { Receiver, type ReceiverSpool } from '../ingest/receiver.ts';
import { openSpoolFolder } from '../ingest/spool-files.ts';
import type { BrokerOptions, ReceiverData, ReceiverOrder, ReceiverReport } from './messages.ts';

/**
 * The receiver thread: broker sockets, and the spool, which is written to behind their back; so that no parsing and no
 * disk ever stands between a broker and its socket. In: orders of the main thread, answers of the writer. Out: parcels to
 * the writer, figures to the main thread.
 */
const { port, brokers, instanceId, spool: spoolPlace, protection, options } = workerData as ReceiverData;
const figuresEveryMs = 500;
/** What may wait for a disk that is slow for a moment. */
const leastUnwrittenBytes = 32 * 1024 * 1024;

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

/** Without it there is a gap when memory does not suffice, which is no reason to receive nothing. */
async function openSpool(needed: boolean): Promise<ReceiverSpool | null> {
  if (spoolPlace === null || spoolPlace.maxBytes === 0) return null;
  // What was left under other options is stored all the same.
  if (!needed && !existsSync(spoolPlace.folder)) return null;
  try {
    const folder = await openSpoolFolder(spoolPlace.folder);
    const rules = new Protection(protection);
    const toStorable = (parcel: Parcel) => rules.toStorable(parcel);
    const maxUnwrittenBytes = Math.max(leastUnwrittenBytes, (options.maxBacklogBytes ?? 0) / 2);
    return { folder, options: { maxBytes: spoolPlace.maxBytes, maxUnwrittenBytes }, toStorable };
  } catch (error) {
    log.warn('there is no spool: what has no place in memory will be lost', { error: String(error) });
    return null;
  }
}

async function run(): Promise<void> {
  // What comes before anybody listens waits in the ports.
  const opened = brokers.map(openBroker);
  const spool = await openSpool(opened.some(({ consumer }) => !consumer.redelivers));
  const receiver = new Receiver(
    opened,
    options,
    {
      toWriter: (message) =>
        port.postMessage(message, message.kind === 'parcel' ? [message.parcel.content.buffer] : []),
      onBrokers: (states) => report({ kind: 'brokers', brokers: states }),
      warn: (message, fields) => log.warn(message, fields),
    },
    spool,
  );
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
}

await run();
