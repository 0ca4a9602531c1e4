/**
 * Events of the tasks of a long history, the same for the same numbers: 200 names and 20 workers, a few of them with
 * most of the tasks; 95 % succeed, 2 % fail, 1 % are being retried, revoked, or still running; args, kwargs and result of
 * some 160 bytes, and 4 kB of traceback for 3 %. Terms are planted in them, so that what a search finds is known.
 */
import type { TaskEvent } from '../../server/celery/event.ts';

/** To be raised when what follows makes other tasks of the same numbers: kept histories are made anew. */
export const historyVersion = 1;

/** Planted in the `note` of tasks: how many of them have it. `rare` does not grow with the history. */
export const planted = {
  rare: { term: 'needlezx42', tasks: 50 },
  oneInThousand: { term: 'quick brown fox', share: 0.001 },
  oneInTwenty: { term: 'hello world', share: 0.05 },
  oneInFour: { term: "'status': 'ok'", share: 0.28 },
  none: { term: 'zzqqxxjjkk' },
} as const;

const taskNames = Array.from({ length: 200 }, (_, i) => `shop.${wordOf(i * 7 + 1)}.${wordOf(i * 13 + 5)}_${i}`);
const workerNames = Array.from({ length: 20 }, (_, i) => `celery@worker-${String(i).padStart(2, '0')}.shop`);
const clientNames = Array.from({ length: 8 }, (_, i) => `gen77@web${i}`);
const queues = ['celery', 'mail', 'billing', 'media', 'slow'];
const exceptions = ['KeyError', 'ValueError', 'TimeoutError', 'ConnectionError', 'PaymentError', 'OperationalError'];
const words = Array.from({ length: 5000 }, (_, i) => wordOf(i));

/** A made-up word, another for each number below 8000. */
function wordOf(n: number): string {
  const syllables = 'ba ce di fo gu ha ki lo mu ne pa re si to vu wa ye no ri la'.split(' ');
  return syllables[n % 20]! + syllables[Math.floor(n / 20) % 20]! + syllables[Math.floor(n / 400) % 20]!;
}

/** The first name and worker have the most tasks, each that follows fewer. */
export const frequentName = taskNames[0]!;
export const seldomName = taskNames[150]!;
export const frequentWorker = workerNames[0]!;
export const seldomWorker = workerNames[19]!;

/** The events of task `n` of `tasks`, in order. Its client sends it at `at` (epoch seconds). */
export function eventsOfHistoryTask(n: number, tasks: number, at: number): TaskEvent[] {
  const dice = toDice(n);
  const uuid = uuidOf(n);
  const fate = dice();
  const worker = Math.floor(dice() ** 1.5 * workerNames.length);
  const message = toMessage(n, tasks, uuid, dice);
  const queue = queues[Math.floor(dice() ** 2 * queues.length)]!;
  const wait = 0.004 + dice() ** 6 * 20;
  const runtime = 0.01 + dice() ** 8 * 60;
  let clock = n * 4;
  const event = (hostname: string, pid: number, subject: string, after: number, fields: object): TaskEvent => ({
    hostname,
    utcoffset: 0,
    pid,
    clock: ++clock,
    uuid,
    ...fields,
    timestamp: at + after,
    type: `task-${subject}`,
  });
  const retries = dice() < 0.03 ? 1 + Math.floor(dice() * 3) : 0;
  const sending = { ...message, retries, queue, exchange: '', routing_key: queue };
  const receipt = { ...message, retries, eta: null, expires: null };
  const ofWorker = event.bind(null, workerNames[worker]!, 1000 + worker);
  const events = [
    event(clientNames[Math.floor(dice() * 8)]!, 77, 'sent', 0, sending),
    ofWorker('received', wait, receipt),
  ];
  if (fate < 0.01)
    return [...events, ofWorker('revoked', wait + 0.01, { terminated: false, signum: null, expired: false })];
  events.push(ofWorker('started', wait + 0.002, {}));
  if (fate < 0.02) return events;
  const end = wait + 0.002 + runtime;
  if (fate < 0.05) {
    const kind = exceptions[Math.floor(dice() ** 2 * exceptions.length)]!;
    const exception = `${kind}('${wordBy(dice)} ${Math.floor(dice() * 1e6)} ${wordBy(dice)}')`;
    return [
      ...events,
      ofWorker(fate < 0.03 ? 'retried' : 'failed', end, { exception, traceback: toTraceback(dice, exception) }),
    ];
  }
  const status = dice() < planted.oneInFour.share ? 'ok' : 'done';
  return [...events, ofWorker('succeeded', end, { result: `{'status': '${status}', 'id': ${n}}`, runtime })];
}

function toMessage(n: number, tasks: number, uuid: string, dice: () => number) {
  const customer = 100_000 + Math.floor(dice() * 900_000);
  const parent = n % 10 > 6 ? uuidOf(n - (n % 10)) : null;
  return {
    name: taskNames[Math.floor(dice() ** 3 * taskNames.length)]!,
    args: `('${wordBy(dice)}', ${n})`,
    kwargs: `{'customer_id': ${customer}, 'email': '${wordBy(dice)}${customer % 1000}@example.com', 'order': '${toHex(dice, 3)}', 'note': '${toNote(n, tasks, dice)}'}`,
    root_id: parent ?? uuid,
    parent_id: parent,
  };
}

function toNote(n: number, tasks: number, dice: () => number): string {
  if (n % Math.ceil(tasks / planted.rare.tasks) === 7) return planted.rare.term;
  const chance = dice();
  if (chance < planted.oneInThousand.share) return planted.oneInThousand.term;
  if (chance < planted.oneInThousand.share + planted.oneInTwenty.share) return planted.oneInTwenty.term;
  return `${wordBy(dice)} ${wordBy(dice)}`;
}

function toTraceback(dice: () => number, exception: string): string {
  const frames = Array.from({ length: 38 }, () => {
    const name = wordBy(dice);
    return `  File "/srv/shop/tasks/${wordBy(dice)}.py", line ${Math.floor(dice() * 900)}, in ${name}\n    return gateway.${name}(order, attempt=${Math.floor(dice() * 9)})\n`;
  });
  return `Traceback (most recent call last):\n${frames.join('')}${exception}\n`;
}

const wordBy = (dice: () => number): string => words[Math.floor(dice() * words.length)]!;

export function uuidOf(n: number): string {
  const hex = toHex(toDice(n + 0.5), 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** So many times eight digits. */
function toHex(dice: () => number, times: number): string {
  let hex = '';
  for (let i = 0; i < times; i++)
    hex += Math.floor(dice() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return hex;
}

/** Mulberry32: numbers from 0 up to 1, the same for the same seed (in halves). */
function toDice(seed: number): () => number {
  let state = Math.imul(seed * 2 + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
