import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import type { ReceiverMessage, WriterAnswer } from '../ingest/messages.ts';
import { Writer } from '../ingest/writer.ts';
import { openStoreWriter } from '../store/open-store.ts';
import { keepAll } from '../store/retention.ts';
import { RetentionSchedule } from '../store/retention-schedule.ts';
import type { StoreWriter } from '../store/store.ts';
import type { WriterData, WriterOrder, WriterReport } from './messages.ts';
import { openThread } from './open-thread.ts';

/**
 * The writer thread: decode, reduce, batch, commit; the only one that writes to the store. In: the receiver's messages.
 * Out: answers to it, and what was committed to the main thread. A commit may block it as long as it likes.
 */
const { port, store: storeOptions, options } = workerData as WriterData;
const figuresEveryMs = 500;

const report = (message: WriterReport) => parentPort?.postMessage(message);

async function run(): Promise<void> {
  const startRewriter = (job: object) => openThread('rewriter', job);
  const store = await openStoreWriter({ ...storeOptions, startRewriter });
  const writer = new Writer(store, await store.loadSnapshot(), options, {
    toReceiver: answer,
    onCommit: (change) => {
      report({ kind: 'commit', change });
      // In a burst one commit follows the other, and the timer has no turn.
      reportFigures();
    },
  });
  const reportFigures = () => report({ kind: 'figures', figures: writer.figures() });
  const figuresTimer = setInterval(reportFigures, figuresEveryMs);
  const limits = storeOptions.retention ?? keepAll;
  const retention = new RetentionSchedule(store, { limits, onRun: (run) => report({ kind: 'pruned', run }) });
  retention.start();

  function answer(message: WriterAnswer): void {
    port.postMessage(message, message.kind === 'spent' ? message.memory : []);
    if (message.kind === 'drained') void finish();
  }
  async function finish(): Promise<void> {
    clearInterval(figuresTimer);
    retention.stop();
    reportFigures();
    await closeStore(store);
    port.close();
    parentPort?.close();
  }

  port.on('message', (message: ReceiverMessage) => writer.hear(message));
  parentPort?.on('message', (order: WriterOrder) => {
    if (order.kind === 'infer') writer.infer(order.events);
    // Newer ones will come.
    else if (order.kind === 'inspections') void store.saveInspections(order.saved).catch(() => undefined);
    else if (order.kind === 'rerun') void store.saveRerun(order.rerun).catch(() => undefined);
    else if (order.kind === 'queue-depths') void store.saveQueueDepths(order.depths).catch(() => undefined);
    else writer.hear({ kind: 'end', clean: false });
  });
  report({ kind: 'ready', instanceId: store.instanceId, notices: store.notices });
}

/** What was committed is safe already: a store that cannot even be closed must not look like a crash. */
async function closeStore(store: StoreWriter): Promise<void> {
  await store.close().catch((error: unknown) => console.error('The store could not be closed:', error));
}

try {
  await run();
} catch (error) {
  const code = error instanceof AppError ? error.code : 'store_unavailable';
  report({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  port.close();
  parentPort?.close();
}
