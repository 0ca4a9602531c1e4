/** Events of tasks that never ran: a realistic mix, the same for the same numbers. */
import { createHash } from 'node:crypto';
import type { TaskEvent } from '../../server/celery/event.ts';

const words = 'order invoice customer parcel refund mail stock price label queue retry batch report cart coupon'.split(
  ' ',
);
const traceback = `Traceback (most recent call last):\n${'  File "/srv/shop/tasks.py", line 42, in charge\n    return gateway.charge(order)\n'.repeat(14)}ValueError: card declined`;

/** The events of the `n`-th task, which begins at `at` (epoch seconds): 4 % fail, 3 % are retried first. */
export function eventsOfTask(n: number, at: number): TaskEvent[] {
  const uuid = toUuid(n);
  const hostname = `worker${n % 8}@host`;
  const event = (subject: string, after: number, fields: object): TaskEvent => ({
    type: `task-${subject}`,
    uuid,
    hostname,
    timestamp: at + after,
    clock: n * 4 + after,
    pid: 1000 + (n % 8),
    ...fields,
  });
  const message = {
    name: `shop.tasks.${words[n % 15]}_${words[(n * 7) % 8]}`,
    args: `(${n % 99_991}, '${words[(n * 3) % 15]} ${words[(n * 11) % 15]}')`,
    kwargs: `{'customer_id': ${(n * 7919) % 1_000_003}, 'note': '${uuid.slice(0, 18)} ${words[(n * 5) % 15]}'}`,
    root_id: uuid,
    parent_id: null,
    eta: null,
    expires: null,
  };
  const sender = { hostname: `gen77@web${n % 3}`, queue: 'celery', exchange: '', routing_key: 'celery' };
  const events = [event('sent', 0, { ...message, retries: 0, ...sender })];
  events.push(event('received', 0.01, { ...message, retries: 0 }), event('started', 0.02, {}));
  if (n % 33 === 5) {
    events.push(event('retried', 0.2, { exception: "Retry('again')", traceback }));
    events.push(event('received', 1.2, { ...message, retries: 1 }), event('started', 1.3, {}));
  }
  const fails = n % 25 === 3;
  const end = fails
    ? { exception: "ValueError('card declined')", traceback }
    : { result: `{'ok': True, 'n': ${n}}`, runtime: 0.3 };
  events.push(event(fails ? 'failed' : 'succeeded', 1.5, end));
  return events;
}

function toUuid(n: number): string {
  const hex = createHash('md5').update(String(n)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
