/** Keys that work on every page, unless somebody types. */
import { pageLinks, type LinkedPage } from './page-link.ts';

export type KeyAction = { kind: 'go'; page: LinkedPage } | { kind: 'help' } | { kind: 'palette' } | { kind: 'search' };

/** When the first key of two was pressed, in milliseconds; null: none waits for a second. */
export type KeyState = number | null;

export interface PressedKey {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** The second key is waited for this long. */
const pairWithinMs = 1500;

/** What a key does, after what was pressed before it. `isTyping`: it is meant for a field. */
export function pressKey(
  state: KeyState,
  { key, ctrlKey, metaKey, altKey }: PressedKey,
  { isTyping, nowMs }: { isTyping: boolean; nowMs: number },
): { state: KeyState; action: KeyAction | null } {
  if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k') return { state: null, action: { kind: 'palette' } };
  if (isTyping || ctrlKey || metaKey || altKey) return { state: null, action: null };
  const page = pageLinks.find((link) => link.key === key)?.page;
  if (state !== null && nowMs - state <= pairWithinMs && page) return { state: null, action: { kind: 'go', page } };
  if (key === 'g') return { state: nowMs, action: null };
  if (key === '?') return { state: null, action: { kind: 'help' } };
  if (key === '/') return { state: null, action: { kind: 'search' } };
  return { state: null, action: null };
}

/** For the page that lists them: each key, and what it does. */
export const shortcutGroups: readonly { title: string; keys: readonly { keys: string; does: string }[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      { keys: 'Ctrl K', does: 'Go to a page, a worker, a task or a search' },
      { keys: '/', does: 'Search tasks' },
      { keys: '?', does: 'These keys' },
      { keys: 'Esc', does: 'Close what is open' },
    ],
  },
  {
    title: 'Go to',
    keys: pageLinks.map(({ key, label }) => ({ keys: `g ${key}`, does: label })),
  },
  {
    title: 'In the list of tasks',
    keys: [
      { keys: 'j k', does: 'Next and previous task' },
      { keys: 'Enter', does: 'Open the task' },
      { keys: 'c', does: 'Copy its id' },
    ],
  },
];
