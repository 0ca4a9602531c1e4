import { describe, expect, it } from 'vitest';
import { toPaletteItems } from '../../web/src/models/palette.ts';
import { pressKey, type KeyState } from '../../web/src/models/shortcut.ts';

/** What a row of keys does in the end; `Ctrl+k` with a modifier. */
function press(keys: string[], { isTyping = false, everyMs = 100 } = {}) {
  let state: KeyState = null;
  let action: unknown = null;
  for (const [index, each] of keys.entries()) {
    const [key = '', modifier] = each.split('+').reverse();
    const pressed = { key, ctrlKey: modifier === 'Ctrl', metaKey: modifier === 'Meta', altKey: false };
    ({ state, action } = pressKey(state, pressed, { isTyping, nowMs: index * everyMs }));
  }
  return action;
}

describe('keys', () => {
  it.each([
    [['g', 'o'], 'overview'],
    [['g', 't'], 'tasks'],
    [['g', 'w'], 'workers'],
    [['g', 'b'], 'broker'],
    [['g', 'e'], 'events'],
    [['x', 'g', 'g', 't'], 'tasks'],
  ])('%j lead to a page', (keys, page) => expect(press(keys)).toEqual({ kind: 'go', page }));

  it('are forgotten after a while, and mean nothing alone', () => {
    expect(press(['g', 't'], { everyMs: 2000 })).toBeNull();
    expect(press(['t'])).toBeNull();
    expect(press(['g', 'x', 't'])).toBeNull();
  });

  it('are left to who types, but for the palette', () => {
    expect(press(['g', 't'], { isTyping: true })).toBeNull();
    expect(press(['?'], { isTyping: true })).toBeNull();
    expect(press(['?'])).toEqual({ kind: 'help' });
    expect(press(['/'])).toEqual({ kind: 'search' });
    for (const keys of ['Ctrl+k', 'Meta+k', 'Ctrl+K']) {
      expect(press([keys], { isTyping: true })).toEqual({ kind: 'palette' });
    }
    expect(press(['Ctrl+g', 'Ctrl+t'])).toBeNull();
  });
});

describe('the palette', () => {
  const known = { workers: ['mail@shop', 'orders@shop'], recent: ['state:FAILURE', 'name:mail'] };
  const labels = (text: string) => toPaletteItems(text, known).map(({ kind, label }) => `${kind} ${label}`);

  it('begins with all there is', () => {
    expect(labels('')).toEqual([
      ...['Overview', 'Tasks', 'Workers', 'Broker', 'Events', 'About'].map((page) => `Page ${page}`),
      'Worker mail@shop',
      'Worker orders@shop',
      'Search state:FAILURE',
      'Search name:mail',
    ]);
  });

  it('finds by a part of a name, and searches for what it does not know', () => {
    expect(labels('Mail')).toEqual(['Worker mail@shop', 'Search name:mail', 'Search Search tasks for “Mail”']);
    const [search] = toPaletteItems('orchid', known);
    expect(search).toMatchObject({ route: { page: 'tasks' } });
    expect(search?.query?.get('q')).toBe('orchid');
  });

  it('takes a whole id for a task at once, and what may be one last', () => {
    const uuid = '2df495cd-d2d8-4e13-9df0-ecb6b08686e3';
    expect(toPaletteItems(` ${uuid} `, known)[0]).toMatchObject({ kind: 'Task', route: { page: 'task', uuid } });
    expect(labels('order-4711').at(-1)).toBe('Task Task order-4711');
  });

  it('gives each item an id of its own', () => {
    const ids = toPaletteItems('', known).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
