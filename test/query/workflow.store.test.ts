import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Workflow } from '../../server/query/queries.ts';
import { openTaskQueries } from '../../server/query/tasks.ts';
import { readWorkflow } from '../../server/query/workflow.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

const root = uuidOf(1);
/** Of `root` → 2 → 3 → 4, and of root → 5 … 14. */
const parentOf = (n: number) => (n === 1 ? null : uuidOf(n <= 4 ? n - 1 : 1));
const retried = uuidOf(20);
const orphan = uuidOf(30);

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;

  beforeAll(async () => {
    store = await makeStore(engine);
    writer = await store.openWriter({ segmentTasks: 4 });
    for (let n = 1; n <= 14; n++) {
      await writer.write(toBatch(successOf(uuidOf(n), n, { root_id: root, parent_id: parentOf(n) })));
    }
    const itself = { name: 'shop.charge', root_id: root, parent_id: retried };
    await writer.write(toBatch([taskEvent('received', retried, 20, itself), taskEvent('retried', retried, 21)]));
    await writer.write(toBatch(successOf(orphan, 30, { root_id: uuidOf(31), parent_id: uuidOf(32) })));
    await writer.write(toBatch(successOf(uuidOf(40), 40)));
    reader = await store.openReader();
  });

  afterAll(async () => {
    await reader.close();
    await writer.close();
    await store.remove();
  });

  const idsOf = (workflow: Workflow | undefined) => workflow?.tasks.map(({ uuid }) => uuid).sort();
  const ask = (uuid: string) => openTaskQueries(reader).workflow(uuid);

  it.each([1, 3, 9])('is whole, and the same, whichever of its tasks is asked about: %i', async (n) => {
    const workflow = await ask(uuidOf(n));
    const all = Array.from({ length: 14 }, (_, i) => uuidOf(i + 1));
    expect(idsOf(workflow)).toEqual([...all, retried]);
    expect(workflow?.cut).toBe(false);
    expect(workflow?.tasks.find(({ uuid }) => uuid === uuidOf(3))).toMatchObject({
      parent_id: uuidOf(2),
      root_id: root,
    });
  });

  it('of a retried task, its own parent to Celery, is that of its root', async () => {
    expect(idsOf(await ask(retried))).toHaveLength(15);
  });

  it('of a task that stands alone is that task, of an unknown one nothing', async () => {
    expect(idsOf(await ask(uuidOf(40)))).toEqual([uuidOf(40)]);
    expect(idsOf(await ask(orphan))).toEqual([orphan]);
    expect(await ask(uuidOf(99))).toBeUndefined();
  });

  it('when it is too large, keeps the task, what it came from and its own children, and says that there is more', async () => {
    const workflow = await readWorkflow(await reader.segments(), uuidOf(3), 5);
    expect(idsOf(workflow)).toEqual([1, 2, 3, 4].map(uuidOf).concat(uuidOf(5)));
    expect(workflow?.cut).toBe(true);
  });
});
