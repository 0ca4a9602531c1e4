import type { Plan } from './plan.ts';
import type { ExplainAnswer } from './question.ts';
import type { Scan } from './scan.ts';

/** What narrows the rows of a segment down, cheapest first. Lists of the text index are read at most one chunk far. */
export async function explainPlan(scan: Scan): Promise<ExplainAnswer> {
  const steps: string[] = [];
  const blocks = scan.blocks().length;
  if (blocks < scan.reader.columns.blocks) steps.push(`bounds: ${blocks} of ${scan.reader.columns.blocks} blocks`);
  await describe(scan.plan, steps);
  return { tasks: await countStored(scan), steps: [...new Set(steps)] };
}

async function describe(plan: Plan, steps: string[]): Promise<void> {
  switch (plan.kind) {
    case 'constant':
      steps.push(plan.fit === 0 ? 'nothing fits' : plan.fit === 1 ? 'look at each row left' : 'every row');
      return;
    case 'codes':
      steps.push(`column ${plan.column}`);
      return;
    case 'range':
      steps.push(`column ${plan.column}`);
      return;
    case 'ids':
      if (!plan.ids.isCovered(0)) await plan.ids.read();
      steps.push(`${plan.what}: ${plan.ids.isComplete ? '' : 'at least '}${plan.ids.length} candidates`);
      return;
    case 'and':
    case 'or':
      for (const part of plan.parts) await describe(part, steps);
      return;
    case 'not':
      await describe(plan.part, steps);
  }
}

async function countStored({ reader: { columns } }: Scan): Promise<number> {
  let tasks = 0;
  for (let block = 0; block < columns.blocks; block += blocksAtOnce) {
    const read = await columns.codes('state', block, Math.min(block + blocksAtOnce, columns.blocks));
    for (const codes of read) for (const code of codes) if (code > 0) tasks++;
  }
  return tasks;
}

const blocksAtOnce = 64;
