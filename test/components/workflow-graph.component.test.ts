import { screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { WorkflowBody, WorkflowTaskBody } from '../../server/contract/tasks.ts';
import WorkflowGraph from '../../web/src/parts/task/WorkflowGraph.svelte';
import { openApp, show } from './stage.ts';

const task = (uuid: string, changes: Partial<WorkflowTaskBody> = {}): WorkflowTaskBody => ({
  uuid,
  name: `shop.${uuid}`,
  state: 'SUCCESS',
  parent_id: null,
  root_id: 'order',
  sent: 100,
  received: 101,
  started: 102,
  timestamp: 103,
  runtime: 1,
  retries: 0,
  ...changes,
});

function showGraph(tasks: WorkflowTaskBody[], more: Partial<WorkflowBody> = {}): void {
  show(openApp(), WorkflowGraph, { workflow: { uuid: 'order', tasks, cut: false, ...more } });
}

const nodes = () => screen.getAllByRole('link');
const names = () => nodes().map((node) => node.getAttribute('aria-label'));
const edges = () => [...document.querySelectorAll('.edges path')];

describe('the graph of a workflow', () => {
  it('leads from task to task, says where one is, and tells each state in words', () => {
    showGraph([
      task('order'),
      task('charge', { parent_id: 'order', state: 'RETRY', runtime: null }),
      task('pack', { parent_id: 'order', state: 'FAILURE', runtime: 0.25 }),
    ]);
    expect(names().sort()).toEqual(['shop.charge: Retry', 'shop.order: Success, 1.00 s', 'shop.pack: Failure, 250 ms']);
    expect(screen.getByRole('link', { current: 'page' }).getAttribute('aria-label')).toMatch(/^shop\.order/);
    expect(screen.getByRole('link', { name: /^shop\.pack/ }).getAttribute('href')).toBe('/task/pack');
    expect(edges()).toHaveLength(2);
  });

  it('draws a task that was retried, and so is its own parent, once and without a loop', () => {
    showGraph([
      task('order'),
      task('charge', { parent_id: 'charge', retries: 3 }),
      task('mail', { parent_id: 'charge' }),
    ]);
    expect(nodes()).toHaveLength(3);
    // From left to right only.
    for (const edge of edges()) {
      const [from = NaN, to = NaN] =
        /^M(\S+) .* (\S+) \S+$/
          .exec(edge.getAttribute('d') ?? '')
          ?.slice(1)
          .map(Number) ?? [];
      expect(to).toBeGreaterThan(from);
    }
    expect(
      edges()
        .map((edge) => edge.classList.contains('guessed'))
        .sort(),
    ).toEqual([false, true]);
    screen.getByText(/the parent was not told/);
  });

  it('cuts a circle of parents, which ids that senders choose can make', () => {
    showGraph([
      task('order', { parent_id: 'mail', root_id: null }),
      task('mail', { parent_id: 'order', root_id: null }),
    ]);
    expect(nodes()).toHaveLength(2);
    expect(edges()).toHaveLength(1);
  });

  it('has a shape of its own for each state, whatever the colours', () => {
    const states = ['PENDING', 'RECEIVED', 'STARTED', 'SUCCESS', 'FAILURE', 'RETRY', 'REVOKED', 'REJECTED', 'LOST'];
    showGraph(
      states.map((state) => task(state.toLowerCase(), { state, root_id: 'pending' })),
      { uuid: 'pending' },
    );
    const shapes = nodes().map((node) => node.querySelector('svg')?.innerHTML.replaceAll(/ class="[^"]*"/g, ''));
    expect(new Set(shapes).size).toBe(states.length);
  });

  it('draws many of a kind as one, which leads to them, and says when there are more', () => {
    const mails = Array.from({ length: 12 }, (_, n) =>
      task(`mail-${n}`, { name: 'shop.mail', parent_id: 'order', state: n < 2 ? 'FAILURE' : 'SUCCESS' }),
    );
    showGraph([task('order'), ...mails], { cut: true });
    expect(nodes()).toHaveLength(2);
    const bundle = screen.getByRole('link', { name: /^shop\.mail/ });
    expect(bundle.textContent?.replaceAll(/\s+/g, ' ')).toContain('12 × mail');
    expect(bundle.getAttribute('aria-label')).toMatch(/2 .*10 /);
    expect(new URL(bundle.getAttribute('href') ?? '', 'http://x').searchParams.get('q')).toBe(
      'parent:order name:shop.mail',
    );
    screen.getByText('There are more tasks than are drawn here.');
  });

  it('names a parent that is not kept any more, and is not there for a lone task', () => {
    showGraph([task('order', { parent_id: 'gone-1234567890', root_id: null })]);
    expect(names()).toContainEqual(expect.stringContaining('not kept here'));
    document.body.replaceChildren();
    showGraph([task('order')]);
    expect(screen.queryByRole('region', { name: 'Workflow' })).toBe(null);
  });
});
