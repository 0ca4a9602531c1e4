// In: a folder. Out: a store in it with a day of the demo's shop: a quiet night, two busy hours, and a payment gateway that was away.
import type { TaskEvent } from '../../server/celery/event.ts';
import { openStoreWriter } from '../../server/store/open-store.ts';
import { toBatch } from '../bench/fill-store.ts';

const daySeconds = 86_400;
const tasksPerBatch = 2000;
/** How long before now the gateway went, and for how long. */
const outage = { fromS: 6.2 * 3600, lastsS: 50 * 60 };

interface Kind {
  name: string;
  queue: 'fulfilment' | 'mail';
  /** How often, beside the others. */
  share: number;
  /** Seconds it mostly runs. */
  runtime: number;
  args: (n: number) => string;
  kwargs: (n: number) => string;
  result: (n: number) => string;
}

const items = ['rose', 'tulip', 'fern', 'moss'] as const;
const itemOf = (n: number) => items[n % items.length];
const orderOf = (n: number) => 40_000 + n;
const customerOf = (n: number) => 4700 + ((n * 7) % 20);

const kinds: readonly Kind[] = [
  {
    name: 'shop.orders.price',
    queue: 'fulfilment',
    share: 5,
    runtime: 0.05,
    args: (n) => `(${orderOf(n)}, {'${itemOf(n)}': ${1 + (n % 9)}})`,
    kwargs: () => '{}',
    result: (n) => `{'order_id': ${orderOf(n)}, 'cents': ${350 * (1 + (n % 9))}}`,
  },
  {
    name: 'shop.payments.charge',
    queue: 'fulfilment',
    share: 5,
    runtime: 0.3,
    args: (n) => `({'order_id': ${orderOf(n)}, 'cents': ${350 * (1 + (n % 9))}},)`,
    kwargs: (n) => `{'customer_id': ${customerOf(n)}}`,
    result: (n) => `{'order_id': ${orderOf(n)}, 'paid': True}`,
  },
  {
    name: 'shop.stock.reserve',
    queue: 'fulfilment',
    share: 4,
    runtime: 0.08,
    args: (n) => `('${itemOf(n)}', ${1 + (n % 5)})`,
    kwargs: () => '{}',
    result: (n) => `{'item': '${itemOf(n)}', 'left': ${200 - (n % 180)}}`,
  },
  {
    name: 'shop.mail.receipt',
    queue: 'mail',
    share: 5,
    runtime: 0.12,
    args: (n) => `({'order_id': ${orderOf(n)}, 'paid': True},)`,
    kwargs: (n) => `{'to': 'customer-${customerOf(n)}@example.org'}`,
    result: (n) => `'receipt for ${orderOf(n)} sent to customer-${customerOf(n)}@example.org'`,
  },
  {
    name: 'shop.reports.count',
    queue: 'fulfilment',
    share: 2,
    runtime: 0.1,
    args: (n) => `(${n % 24},)`,
    kwargs: () => '{}',
    result: (n) => String(((n % 24) * 7) % 31),
  },
];

/** Writes it, as if it had run up to now. `tasks`: about how many. */
export async function writePastDay(db: string, tasks: number): Promise<void> {
  const writer = await openStoreWriter({ db, segmentTasks: 1_000_000, segmentSeconds: daySeconds });
  const endS = Date.now() / 1000 - 60;
  const events = sendingTimes(tasks, endS).map((at, n) => eventsOf(n, at, endS - at));
  for (let from = 0; from < events.length; from += tasksPerBatch)
    await writer.write(toBatch(events.slice(from, from + tasksPerBatch).flat()));
  await writer.close();
}

/** More by day than by night; epoch seconds, oldest first. */
function sendingTimes(tasks: number, endS: number): number[] {
  const times: number[] = [];
  for (let at = endS - daySeconds; at < endS;) {
    times.push(at);
    const hour = (at / 3600) % 24;
    const busy =
      0.35 + 0.65 * Math.max(0, Math.sin(((hour - 5) / 17) * Math.PI)) + 0.9 * peak(hour, 11) + peak(hour, 19);
    at += ((daySeconds / tasks) * (0.4 + 1.2 * toShare(times.length, 1))) / busy;
  }
  return times;
}

const peak = (hour: number, at: number) => Math.exp(-((hour - at) ** 2) / 1.5);

/** `agoS`: seconds before the end of the day. */
function eventsOf(n: number, at: number, agoS: number): TaskEvent[] {
  const kind = kindOf(toShare(n, 2));
  const isOut = agoS < outage.fromS && agoS > outage.fromS - outage.lastsS;
  const isSlow = isOut && kind.queue === 'fulfilment';
  const wait = 0.002 + 0.2 * toShare(n, 3) ** 6 + (isSlow ? 4 * toShare(n, 4) : 0);
  const runtime = kind.runtime * (0.5 + toShare(n, 5)) * (isSlow ? 6 : 1);
  const error = errorOf(n, kind, isOut);
  const uuid = toUuid(n);
  const worker = `${kind.queue}@shop`;
  const message = {
    name: kind.name,
    args: kind.args(n),
    kwargs: kind.kwargs(n),
    root_id: uuid,
    parent_id: null,
    retries: 0,
  };
  let clock = n * 4;
  const event = (hostname: string, type: string, after: number, fields: object): TaskEvent => ({
    hostname,
    utcoffset: 0,
    pid: 4711,
    clock: ++clock,
    uuid,
    ...fields,
    timestamp: at + after,
    type: `task-${type}`,
  });
  const end = wait + 0.002 + runtime;
  return [
    event('gen812@web', 'sent', 0, { ...message, queue: kind.queue, exchange: '', routing_key: kind.queue }),
    event(worker, 'received', wait, { ...message, eta: null, expires: null }),
    event(worker, 'started', wait + 0.002, {}),
    error === null
      ? event(worker, 'succeeded', end, { result: kind.result(n), runtime })
      : event(worker, 'failed', end, { exception: error, traceback: toTraceback(kind.name, error) }),
  ];
}

function errorOf(n: number, kind: Kind, isOut: boolean): string | null {
  const chance = toShare(n, 6);
  if (kind.name === 'shop.payments.charge' && isOut && chance < 0.7)
    return "GatewayBusy('503 from the gateway, attempt 5')";
  if (kind.name === 'shop.stock.reserve' && chance < 0.03) return "KeyError('orchid')";
  return kind.queue === 'mail' && chance < 0.004 ? "SMTPServerDisconnected('Connection unexpectedly closed')" : null;
}

function toTraceback(name: string, error: string): string {
  const at = name.split('.').at(-1) ?? name;
  return [
    'Traceback (most recent call last):',
    '  File "/usr/lib/python3/dist-packages/celery/app/trace.py", line 451, in trace_task',
    '    R = retval = fun(*args, **kwargs)',
    '  File "/usr/lib/python3/dist-packages/celery/app/trace.py", line 734, in __protected_call__',
    '    return self.run(*args, **kwargs)',
    `  File "/srv/shop/tasks.py", line 64, in ${at}`,
    `    return gateway.${at}(order_id, timeout=5)`,
    `  File "/srv/shop/gateway.py", line 118, in ${at}`,
    '    raise GatewayBusy(f"{answer.status} from the gateway, attempt {attempt}")',
    `${error.replace(/^(\w+)\('(.*)'\)$/, '$1: $2')}\n`,
  ].join('\n');
}

function kindOf(share: number): Kind {
  const all = kinds.reduce((sum, kind) => sum + kind.share, 0);
  let left = share * all;
  for (const kind of kinds) {
    left -= kind.share;
    if (left < 0) return kind;
  }
  throw new Error('The shares do not add up.');
}

/** From 0 up to 1, the same for the same numbers. */
function toShare(n: number, of: number): number {
  let state = Math.imul((n + 1) * 31 + of * 7919, 0x9e3779b1);
  state = Math.imul(state ^ (state >>> 15), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
}

function toUuid(n: number): string {
  const hex = [1, 2, 3, 4]
    .map((part) =>
      Math.floor(toShare(n, part + 10) * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
