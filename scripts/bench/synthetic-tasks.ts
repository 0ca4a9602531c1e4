/**
 * Events of tasks that never ran: a realistic mix, the same for the same numbers. 40 names, 8 workers, 8 clients; 4 % of
 * the tasks fail, with 1 to 2 kB of traceback; 3 % are retried first. A task has four events, a retried one eight.
 */
import { createHash } from 'node:crypto';
import type { TaskEvent } from '../../server/celery/event.ts';

const modules = ['orders', 'billing', 'mail', 'stock', 'search', 'reports', 'imports', 'media'];
const verbs = ['create', 'charge', 'send', 'refresh', 'purge'];
const words =
  'order invoice customer parcel refund garden stock price label queue retry batch report cart coupon'.split(' ');
export const workerNames = Array.from({ length: 8 }, (_, i) => `worker${i}@shop`);
const clientNames = Array.from({ length: 8 }, (_, i) => `gen77@web${i}`);

/** The events of the `n`-th task, in order; its client sends it at `at` (epoch seconds), and it takes up to 3 s. */
export function eventsOfTask(n: number, at: number): TaskEvent[] {
  const dice = createHash('md5').update(String(n)).digest();
  const uuid = toUuid(dice);
  const worker = dice[0]! % workerNames.length;
  let clock = n * 8;
  const event = (
    sender: [hostname: string, pid: number],
    subject: string,
    after: number,
    fields: object,
  ): TaskEvent => ({
    hostname: sender[0],
    utcoffset: 0,
    pid: sender[1],
    clock: ++clock,
    uuid,
    ...fields,
    timestamp: at + after,
    type: `task-${subject}`,
  });
  const ofWorker = event.bind(null, [workerNames[worker]!, 1000 + worker]);
  const message = toMessage(n, uuid, dice);
  const sent = { ...message, retries: 0, queue: 'celery', exchange: '', routing_key: 'celery' };
  const received = (retries: number) => ({ ...message, retries, eta: null, expires: null });
  const wait = 0.005 + dice[1]! / 2000;
  const runtime = 0.01 + (dice[2]! / 255) ** 3 * 2;
  const events = [
    event([clientNames[dice[3]! % 8]!, 77], 'sent', 0, sent),
    ofWorker('received', wait, received(0)),
    ofWorker('started', wait + 0.002, {}),
  ];
  if (n % 33 === 5) {
    const again = { exception: "TimeoutError('the gateway took too long')", traceback: toTraceback(dice) };
    events.push(
      ofWorker('retried', wait + 0.1, again),
      event([workerNames[worker]!, 2000 + worker], 'sent', wait + 0.11, { ...sent, retries: 1 }),
      ofWorker('received', wait + 0.3, received(1)),
      ofWorker('started', wait + 0.31, {}),
    );
  }
  const end = wait + 0.32 + runtime;
  if (n % 25 === 3) {
    const exception = `PaymentError('card of ${words[dice[4]! % 15]} ${n} declined')`;
    events.push(ofWorker('failed', end, { exception, traceback: toTraceback(dice) }));
  } else {
    events.push(ofWorker('succeeded', end, { result: `{'ok': True, 'id': ${n}}`, runtime }));
  }
  return events;
}

function toMessage(n: number, uuid: string, dice: Buffer) {
  const customer = dice.readUInt32LE(4) % 1_000_003;
  const note = `${words[dice[8]! % 15]} ${words[dice[9]! % 15]} ${words[dice[10]! % 15]}`;
  return {
    name: `shop.${modules[dice[11]! % 8]}.${verbs[dice[12]! % 5]}`,
    args: `(${n}, '${words[dice[13]! % 15]}')`,
    kwargs: `{'customer_id': ${customer}, 'email': 'c${customer}@example.com', 'note': '${note}'}`,
    root_id: uuid,
    parent_id: null,
  };
}

function toTraceback(dice: Buffer): string {
  const frames = Array.from({ length: 9 + (dice[5]! % 9) }, (_, i) => {
    const line = dice[(i + 3) % 16]! + 10;
    return `  File "/srv/shop/tasks/${modules[i % 8]}.py", line ${line}, in ${verbs[i % 5]}\n    return gateway.${verbs[(i + 1) % 5]}(order, attempt=${i})\n`;
  });
  return `Traceback (most recent call last):\n${frames.join('')}shop.errors.PaymentError: declined by the bank\n`;
}

function toUuid(dice: Buffer): string {
  const hex = dice.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
