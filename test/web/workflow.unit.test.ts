import { describe, expect, it } from 'vitest';
import type { WorkflowTaskBody } from '../../server/contract/tasks.ts';
import { toGraph } from '../../web/src/models/workflow.ts';

const task = (uuid: string, parent: string | null, more: Partial<WorkflowTaskBody> = {}): WorkflowTaskBody => ({
  uuid,
  name: `shop.${uuid}`,
  state: 'SUCCESS',
  parent_id: parent,
  root_id: 'root',
  sent: null,
  received: null,
  started: null,
  timestamp: null,
  runtime: null,
  retries: 0,
  ...more,
});
const root = task('root', null);
const graphOf = (tasks: WorkflowTaskBody[], uuid = 'root') => toGraph({ uuid, tasks, cut: false });
const placeOf = (graph: ReturnType<typeof graphOf>, id: string) => {
  const node = graph?.nodes.find((each) => each.id === id);
  return node && [node.column, node.row];
};

describe('the graph of a workflow', () => {
  it('stands on one line when it is a chain, and branches level with the middle of its children', () => {
    const chain = graphOf([root, task('a', 'root'), task('b', 'a')]);
    expect(['root', 'a', 'b'].map((id) => placeOf(chain, id))).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
    const fan = graphOf([root, task('a', 'root'), task('b', 'root'), task('c', 'root')]);
    expect(placeOf(fan, 'root')).toEqual([0, 1]);
    expect([fan?.columns, fan?.rows]).toEqual([2, 3]);
  });

  it('ties a retried task, its own parent to Celery, to the root, and says that this is a guess', () => {
    const graph = graphOf([root, task('again', 'again', { state: 'RETRY' })], 'again');
    expect(graph?.edges).toEqual([{ from: 'root', to: 'again', isGuessed: true }]);
    expect(graph?.nodes.find(({ isOwn }) => isOwn)?.id).toBe('again');
  });

  it('ends, and shows each task once, when parents run in a circle', () => {
    const graph = graphOf([task('a', 'c'), task('b', 'a'), task('c', 'b')], 'a');
    expect(graph?.nodes.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
  });

  it('shows where a parent that is not kept would be', () => {
    const graph = graphOf([task('a', 'gone')], 'a');
    expect(graph?.nodes.find(({ id }) => id === 'gone')).toMatchObject({ state: null, column: 0 });
  });

  it('draws many of a kind as one, by their worst state, and leads to all of them', () => {
    const many = Array.from({ length: 9 }, (_, n) => task(`n${n}`, 'root', { name: 'shop.count' }));
    many[4] = { ...many[4]!, state: 'FAILURE' };
    const graph = graphOf([root, ...many, task('own', 'root', { name: 'shop.count' })], 'own');
    const bundle = graph?.nodes.find(({ uuid }) => uuid === null);
    expect(bundle).toMatchObject({
      state: 'FAILURE',
      states: { SUCCESS: 8, FAILURE: 1 },
      search: 'parent:root name:shop.count',
    });
    expect(graph?.nodes).toHaveLength(3);
  });

  it('is none of a task that stands alone', () => {
    expect(graphOf([root])).toBeNull();
  });
});
