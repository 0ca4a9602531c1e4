import { screen, waitFor } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { taskBody } from '../helpers/bodies.ts';
import { openApp, show } from './stage.ts';
import TableStage from './TableStage.svelte';

const user = userEvent.setup();
const newestS = 900_000;
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** The newest first, a second apart. */
function toRows(count: number): TaskBody[] {
  return numbers(count).map((n) =>
    taskBody({ uuid: `task-${n}`, name: `shop.orders.step_${n}`, received: newestS - n, retries: n % 3 }),
  );
}

const headings = () => screen.getAllByRole('columnheader').map((head) => head.textContent?.trim());
const drawn = () =>
  [...document.querySelectorAll<HTMLElement>('tr[data-task]')].map((row) => row.dataset['task'] ?? '');
const focused = () => document.activeElement?.closest<HTMLElement>('tr')?.dataset['task'];
const widthOf = (column: string) =>
  Number(screen.getByRole('separator', { name: `Width of ${column}` }).getAttribute('aria-valuenow'));

/** As a browser: the page moves, and whoever listens is told. */
function scrollPage(options?: ScrollToOptions | number, y?: number): void {
  document.documentElement.scrollTop = (typeof options === 'object' ? options.top : y) ?? 0;
  dispatchEvent(new Event('scroll'));
}

// No layout is made here: each row is as high as the table expects, and the page has room to scroll.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(54);
  vi.spyOn(Element.prototype, 'scrollHeight', 'get').mockReturnValue(1_000_000);
  vi.spyOn(window, 'scrollTo').mockImplementation(scrollPage);
});
afterEach(() => {
  scrollTo(0, 0);
  vi.restoreAllMocks();
});

describe('the rows', () => {
  it('are on the page only where they are in sight, and all of them are counted', async () => {
    show(openApp({}, newestS), TableStage, { rows: toRows(5000) });
    await waitFor(() => expect(drawn().length).toBeGreaterThan(10));
    expect(drawn().length).toBeLessThan(60);
    expect(drawn()[0]).toBe('task-0');
    const table = screen.getByRole('table', { name: 'Tasks' });
    expect(table.getAttribute('aria-rowcount')).toBe('5001');

    scrollTo(0, 2000 * 54);
    await waitFor(() => expect(drawn()).toContain('task-2005'));
    expect(drawn().length).toBeLessThan(60);
    expect(drawn()).not.toContain('task-0');
    // Whoever cannot see it is told where it stands among all: the head is the first row.
    expect(document.querySelector('[data-task="task-2005"]')?.getAttribute('aria-rowindex')).toBe('2007');
  });

  it('are walked by j and k, past what was drawn and over a gap, and c copies the id', async () => {
    const rows = toRows(300);
    const gap = { from: newestS - 1.8, to: newestS - 1.2, broker: 'redis://x', why: 'stopped' };
    show(openApp({}, newestS), TableStage, { rows, gaps: [gap] });
    await screen.findByText(/Nothing was seen from/);
    await user.keyboard('j');
    await waitFor(() => expect(focused()).toBe('task-0'));
    for (const next of ['task-1', 'task-2', 'task-3']) {
      await user.keyboard('j');
      await waitFor(() => expect(focused()).toBe(next));
    }
    await user.keyboard('k');
    await waitFor(() => expect(focused()).toBe('task-2'));
    await user.keyboard('c');
    await screen.findByText('Copied task-2');
    expect(await navigator.clipboard.readText()).toBe('task-2');
    for (let n = 3; n < 60; n++) {
      await user.keyboard('j');
      await waitFor(() => expect(focused()).toBe(`task-${n}`));
    }
  });

  it('lead to their tasks, and say in words what came of them', async () => {
    const failed = taskBody({
      uuid: 'bad',
      state: 'FAILURE',
      exception: "KeyError('orchid')",
      result: null,
      failed: 110,
    });
    show(openApp({}, newestS), TableStage, { rows: [failed] });
    const link = await screen.findByRole('link', { name: 'shop.orders.price' });
    expect(link.getAttribute('href')).toBe('/task/bad');
    const row = link.closest('tr');
    expect(row?.textContent).toContain('Failure');
    expect(row?.textContent).toContain("KeyError('orchid')");
  });

  it('that are on their way are announced as such, and none is made up', () => {
    show(openApp({}, newestS), TableStage, { rows: null });
    const table = screen.getByRole('table', { name: 'Tasks' });
    expect(table.getAttribute('aria-busy')).toBe('true');
    expect(table.getAttribute('aria-rowcount')).toBe(null);
    expect(drawn()).toEqual([]);
  });
});

describe('the columns', () => {
  it('are chosen, moved and brought back', async () => {
    show(openApp({}, newestS), TableStage, { rows: toRows(3) });
    const usual = ['State', 'Task', 'Arguments and outcome', 'Worker', 'Received (UTC)', 'Run time'];
    expect(headings()).toEqual(usual);
    const name = (label: string) => ({ name: label, hidden: true });
    await user.click(screen.getByRole('checkbox', name('Retries')));
    await user.click(screen.getByRole('checkbox', name('Arguments and outcome')));
    await user.click(screen.getByRole('button', name('Worker: further left')));
    expect(headings()).toEqual(['State', 'Worker', 'Task', 'Received (UTC)', 'Run time', 'Retries']);
    const cells = [...document.querySelectorAll('[data-task="task-2"] td')];
    expect(cells.at(-1)?.textContent?.trim()).toBe('2');
    await user.click(screen.getByRole('button', name('As they were')));
    expect(headings()).toEqual(usual);
  });

  it('are never all gone', async () => {
    show(openApp({}, newestS), TableStage, { rows: toRows(1) });
    for (const label of ['State', 'Task', 'Arguments and outcome', 'Worker', 'Received', 'Run time']) {
      await user.click(screen.getByRole('checkbox', { name: label, hidden: true }));
    }
    expect(headings()).toEqual(['Run time']);
  });

  it('are widened by arrow keys at the cost of their neighbour, and of nobody else', async () => {
    show(openApp({}, newestS), TableStage, { rows: toRows(3) });
    const [task, call, worker] = [widthOf('Task'), widthOf('Arguments and outcome'), widthOf('Worker')];
    screen.getByRole('separator', { name: 'Width of Task' }).focus();
    await user.keyboard('{ArrowRight>5/}');
    expect(widthOf('Task')).toBe(task + 5);
    expect(widthOf('Arguments and outcome')).toBe(call - 5);
    expect(widthOf('Worker')).toBe(worker);
    await user.keyboard('{ArrowLeft>50/}');
    // However often: something can still be read.
    expect(widthOf('Task')).toBeGreaterThan(3);
  });

  it('order the rows by their heads: down, up, and as usual', async () => {
    show(openApp({}, newestS), TableStage, { rows: toRows(3) });
    const head = () => screen.getByRole('columnheader', { name: /^Run time/ });
    const seen: (string | null)[] = [];
    for (let n = 0; n < 3; n++) {
      await user.click(screen.getByRole('button', { name: 'Run time' }));
      seen.push(head().getAttribute('aria-sort'));
    }
    expect(seen).toEqual(['descending', 'ascending', null]);
  });
});
