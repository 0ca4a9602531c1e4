import type { WorkflowBody, WorkflowTaskBody } from '../../../server/contract/tasks.ts';
import { printCondition } from '../../../server/language/print-query.ts';

/** A task of the graph, or several of one parent and one name that lead to nothing else. */
export interface GraphNode {
  id: string;
  /** null: it stands for several. */
  uuid: string | null;
  name: string | null;
  /** null: the task is not kept here. Of several: the worst. */
  state: string | null;
  /** From the root on, and from above. */
  column: number;
  row: number;
  isOwn: boolean;
  runtime: number | null;
  /** Of several: how many in which state. */
  states: Record<string, number> | null;
  /** Of several: the search that finds them. */
  search: string | null;
}

export interface GraphEdge {
  from: string;
  to: string;
  /** The parent was not told: a retried task is its own to Celery, and belongs to the root all the same. */
  isGuessed: boolean;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  columns: number;
  rows: number;
  isCut: boolean;
}

type Placed = Omit<GraphNode, 'column' | 'row'>;
interface Link {
  parent: string;
  isGuessed: boolean;
}

/** As many of a kind are drawn one by one. */
const mostAlike = 5;
const worstFirst = ['FAILURE', 'LOST', 'RETRY', 'REJECTED', 'REVOKED', 'STARTED', 'RECEIVED', 'PENDING', 'SUCCESS'];

/** The tasks that belong together, from left to right; null: there is but one. Never a loop, whatever parents say. */
export function toGraph({ uuid, tasks, cut }: WorkflowBody): Graph | null {
  const links = new Map<string, Link>();
  for (const task of tasks) {
    const link = toLink(task);
    if (link) links.set(task.uuid, link);
  }
  cutLoops(links);
  const known = new Set(tasks.map((task) => task.uuid));
  const missing = [...new Set([...links.values()].map(({ parent }) => parent))].filter((id) => !known.has(id));
  if (tasks.length + missing.length < 2) return null;

  const children = new Map<string, WorkflowTaskBody[]>();
  for (const task of tasks) {
    const parent = links.get(task.uuid)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), task]);
  }
  const roots = [
    ...missing.map(toMissing),
    ...tasks.filter((task) => !links.has(task.uuid)).map((task) => toNode(task, uuid)),
  ];
  return layOut(roots, (id) => toChildren(id, children, links, uuid), cut);
}

function toLink({ uuid, parent_id: parent, root_id: root }: WorkflowTaskBody): Link | null {
  if (parent !== null && parent !== uuid) return { parent, isGuessed: false };
  return root !== null && root !== uuid ? { parent: root, isGuessed: true } : null;
}

/** Ids are the senders' choice: a task that comes from itself by a detour is taken for a root. */
function cutLoops(links: Map<string, Link>): void {
  for (const start of [...links.keys()]) {
    const seen = new Set([start]);
    for (let at = links.get(start)?.parent; at !== undefined; at = links.get(at)?.parent) {
      if (at === start) links.delete(start);
      if (seen.has(at)) break;
      seen.add(at);
    }
  }
}

function toNode(task: WorkflowTaskBody, own: string): Placed {
  const { uuid, name, state, runtime } = task;
  return { id: uuid, uuid, name, state, runtime, isOwn: uuid === own, states: null, search: null };
}

function toMissing(uuid: string): Placed {
  return { id: uuid, uuid, name: null, state: null, runtime: null, isOwn: false, states: null, search: null };
}

interface Child {
  node: Placed;
  isGuessed: boolean;
}

function toChildren(
  id: string,
  children: ReadonlyMap<string, WorkflowTaskBody[]>,
  links: ReadonlyMap<string, Link>,
  own: string,
): Child[] {
  const all = children.get(id) ?? [];
  const isGuessed = (task: WorkflowTaskBody) => links.get(task.uuid)?.isGuessed ?? false;
  const groups = new Map<string, WorkflowTaskBody[]>();
  for (const task of all) {
    const isAlone = children.has(task.uuid) || task.uuid === own;
    const key = isAlone ? task.uuid : `${String(isGuessed(task))} ${task.name ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  return [...groups].flatMap(([key, alike]): Child[] => {
    const [first] = alike;
    if (!first) return [];
    if (alike.length <= mostAlike)
      return alike.map((task) => ({ node: toNode(task, own), isGuessed: isGuessed(task) }));
    return [{ node: toBundle(`${id} ${key}`, id, alike, isGuessed(first)), isGuessed: isGuessed(first) }];
  });
}

function toBundle(id: string, parent: string, alike: readonly WorkflowTaskBody[], isGuessed: boolean): Placed {
  const states: Record<string, number> = {};
  for (const { state } of alike) states[state] = (states[state] ?? 0) + 1;
  const name = alike[0]?.name ?? null;
  const worst = worstFirst.find((state) => states[state] !== undefined) ?? alike[0]?.state ?? null;
  const related = printCondition({ kind: 'related', field: isGuessed ? 'root' : 'parent', id: parent });
  const search =
    name === null ? related : `${related} ${printCondition({ kind: 'pattern', field: 'name', pattern: name })}`;
  return { id, uuid: null, name, state: worst, runtime: null, isOwn: false, states, search };
}

/** Each a column right of its parent and level with the middle of its children. */
function layOut(roots: readonly Placed[], childrenOf: (id: string) => Child[], isCut: boolean): Graph {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  let rows = 0;
  const place = (node: Placed, column: number): number => {
    const children = node.uuid === null ? [] : childrenOf(node.uuid);
    const places = children.map((child) => {
      edges.push({ from: node.id, to: child.node.id, isGuessed: child.isGuessed });
      return place(child.node, column + 1);
    });
    const [first, last] = [places[0], places.at(-1)];
    const row = first === undefined || last === undefined ? rows++ : (first + last) / 2;
    nodes.push({ ...node, column, row });
    return row;
  };
  for (const root of roots) place(root, 0);
  return { nodes, edges, columns: Math.max(...nodes.map(({ column }) => column)) + 1, rows, isCut };
}
