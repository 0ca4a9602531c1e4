/** What the reader of the live view has chosen, changed by keys. In: a key. Out: the next state. Pure. */
export interface Choice {
  /** A search, as it was last accepted. */
  filter: string;
  /** What is being typed in its place; null: nothing is. */
  typed: string | null;
  isPaused: boolean;
  /** The id of the chosen task; null: the first one, whichever it is. */
  uuid: string | null;
}

export const firstChoice: Choice = { filter: '', typed: null, isPaused: false, uuid: null };

export type Step = Choice | 'quit' | 'interrupt';

const down: readonly string[] = ['j', '\u001b[B', '\u001bOB'];
const up: readonly string[] = ['k', '\u001b[A', '\u001bOA'];
const pages: Readonly<Record<string, number>> = { '\u001b[6~': 10, '\u001b[5~': -10 };

/** `key`: as a terminal sends it. `ids`: of the tasks that are shown, in order. */
export function press(choice: Choice, key: string, ids: readonly string[]): Step {
  if (key === '\u0003') return 'interrupt';
  if (choice.typed !== null) return type(choice, choice.typed, key);
  if (key === 'q') return 'quit';
  if (key === '/') return { ...choice, typed: choice.filter };
  if (key === 'p' || key === ' ') return { ...choice, isPaused: !choice.isPaused };
  if (key === 'g' || key === '\u001b[H') return { ...choice, uuid: null };
  const by = down.includes(key) ? 1 : up.includes(key) ? -1 : (pages[key] ?? 0);
  if (by === 0 || ids.length === 0) return choice;
  const next = Math.min(Math.max(findChosen(choice, ids) + by, 0), ids.length - 1);
  return { ...choice, uuid: next === 0 ? null : ids[next]! };
}

/** Where the chosen task stands; the first where it is not among them any more. */
export function findChosen({ uuid }: Choice, ids: readonly string[]): number {
  return uuid === null ? 0 : Math.max(0, ids.indexOf(uuid));
}

function type(choice: Choice, typed: string, key: string): Choice {
  switch (key) {
    case '\r':
    case '\n':
      return { ...choice, filter: typed.trim(), typed: null, uuid: null };
    case '\u001b':
      return { ...choice, typed: null };
    case '\u007f':
    case '\b':
      return { ...choice, typed: [...typed].slice(0, -1).join('') };
    case '\u0015':
      return { ...choice, typed: '' };
    default:
      // Other keys, such as arrows, begin with an escape.
      return /^\p{Cc}/u.test(key) ? choice : { ...choice, typed: typed + key };
  }
}
