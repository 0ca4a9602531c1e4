import { toPythonRepr } from '../../../server/python/plain-python.ts';
import { readPythonRepr, readReprPrefix } from '../../../server/python/python-repr.ts';
import type { PythonValue } from '../../../server/python/python-value.ts';

/** A value, and what is in it. */
export interface TreeNode {
  /** Of its place: a dict's key, or the index. null: it is the whole. */
  key: string | null;
  kind: 'none' | 'bool' | 'number' | 'str' | 'bytes' | 'other' | 'list' | 'tuple' | 'set' | 'dict';
  /** Of what has nothing in it: the value, a string without its quotes. Else how much is in it: `3 items`. */
  text: string;
  children: TreeNode[];
  /** Something of it was left out. */
  isCut: boolean;
}

export interface Tree {
  root: TreeNode;
  /** Nothing is missing, at any depth. */
  isWhole: boolean;
}

/** A Python repr as a tree, as far as it can be read; null: not at all. */
export function readTree(repr: string): Tree | null {
  const read = readPythonRepr(repr);
  if (read.ok) return { root: toNode(null, read.value), isWhole: !read.truncated };
  const prefix = readReprPrefix(repr);
  // A lone word in front says nothing of the rest.
  if (!prefix || !('items' in prefix.value || 'entries' in prefix.value)) return null;
  return { root: toNode(null, prefix.value), isWhole: false };
}

function toNode(key: string | null, value: PythonValue): TreeNode {
  const leaf = (kind: TreeNode['kind'], text: string, isCut = false): TreeNode => ({
    ...{ key, kind, text, isCut },
    children: [],
  });
  switch (value.type) {
    case 'none':
      return leaf('none', 'None');
    case 'bool':
      return leaf('bool', value.value ? 'True' : 'False');
    case 'int':
    case 'float':
      return leaf('number', toPythonRepr(value));
    case 'str':
      return leaf('str', value.value, value.cut);
    case 'bytes':
      return leaf('bytes', value.text, value.cut);
    case 'other':
      return leaf('other', value.text, value.cut);
    case 'dict':
      return toBranch(
        key,
        'dict',
        value.cut,
        value.entries.map(([name, each]) => toNode(toKey(name), each)),
      );
    case 'frozenset':
    case 'set':
      return toBranch(
        key,
        'set',
        value.cut,
        value.items.map((each) => toNode('·', each)),
      );
    default:
      return toBranch(
        key,
        value.type,
        value.cut,
        value.items.map((each, index) => toNode(String(index), each)),
      );
  }
}

function toBranch(
  key: string | null,
  kind: 'dict' | 'list' | 'tuple' | 'set',
  isCut: boolean,
  children: TreeNode[],
): TreeNode {
  const { length } = children;
  const text =
    length === 0 && isCut ? 'left out' : `${length}${isCut ? '+' : ''} ${length === 1 && !isCut ? 'item' : 'items'}`;
  return { key, kind, text, children, isCut };
}

const toKey = (key: PythonValue) => (key.type === 'str' ? key.value : toPythonRepr(key));

/** Whether there is anything to unfold. */
export function isBranch({ kind }: TreeNode): boolean {
  return kind === 'list' || kind === 'tuple' || kind === 'set' || kind === 'dict';
}
