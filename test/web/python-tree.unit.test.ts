import { describe, expect, it } from 'vitest';
import { readTree, type TreeNode } from '../../web/src/models/python-tree.ts';

const show = ({ key, kind, text, children, isCut }: TreeNode): string =>
  `${key ?? ''}=${kind}:${text}${isCut ? '…' : ''}${children.length > 0 ? `(${children.map(show).join(' ')})` : ''}`;

describe('a value as a tree', () => {
  it.each([
    [
      "{'id': 4711, 'tags': ['a', None], 'paid': True}",
      '=dict:3 items(id=number:4711 tags=list:2 items(0=str:a 1=none:None) paid=bool:True)',
    ],
    ['(2.0, 12345678901234567890)', '=tuple:2 items(0=number:2.0 1=number:12345678901234567890)'],
    ["{1: b'x'}", '=dict:1 item(1=bytes:x)'],
    ['<Order object at 0x7f>', '=other:<Order object at 0x7f>'],
    ["{'Блюдо': '🌷\nline'}", '=dict:1 item(Блюдо=str:🌷\nline)'],
    ['{...}', '=dict:left out…'],
  ])('%s', (repr, tree) => {
    expect(show(readTree(repr)?.root ?? ({} as TreeNode))).toBe(tree);
  });

  it('says that something is missing, also of a text that was cut when it was stored', () => {
    expect(readTree('(1, 2)')?.isWhole).toBe(true);
    expect(readTree('(1, ...)')).toMatchObject({ isWhole: false, root: { isCut: true, text: '1+ items' } });
    const stored = readTree("{'a': 1, 'b': 'xxxx… [cut: 12,000 characters]");
    expect(stored?.isWhole).toBe(false);
    expect(stored?.root.children[0]).toMatchObject({ key: 'a', text: '1' });
  });

  it('is none of what is no value', () => {
    expect(readTree('[hidden: format_task failed]')?.isWhole ?? false).toBe(false);
    expect(readTree('')).toBeNull();
  });
});
