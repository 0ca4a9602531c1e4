import { PythonFloat, toFloatText } from '../python/python-float.ts';

/**
 * A decoded value as a worker's event would show it (`celery.utils.saferepr`): in single quotes only `'` is escaped,
 * containers deeper than three levels are `{...}`, and after `limit` characters the rest is `...`. A float without a
 * fraction looks like an integer, for JSON.parse does not tell the two apart, unless it is a {@link PythonFloat}.
 */
export function toPythonText(value: unknown, limit = 1024): string {
  return represent(value, { left: limit }, 1);
}

interface Budget {
  left: number;
}

const deepest = 3;

/** The same of what a task is called with: a tuple. */
export function toPythonTupleText(values: readonly unknown[], limit = 1024): string {
  const budget = { left: limit };
  const text = enclose('(', ')', values, budget, 1, (item) => represent(item, budget, 2));
  return values.length === 1 ? `${text.slice(0, -1)},)` : text;
}

function represent(value: unknown, budget: Budget, depth: number): string {
  if (typeof value === 'string') return quote(value, budget);
  if (Array.isArray(value)) {
    return enclose('[', ']', value as unknown[], budget, depth, (item) => represent(item, budget, depth + 1));
  }
  if (value instanceof Uint8Array) return `b${quote(Buffer.from(value).toString('latin1'), budget)}`;
  if (typeof value === 'object' && value !== null && !(value instanceof PythonFloat)) {
    return enclose('{', '}', Object.entries(value), budget, depth, ([key, item]: [string, unknown]) => {
      return `${quote(key, budget)}: ${represent(item, budget, depth + 1)}`;
    });
  }
  const text = toWord(value);
  budget.left -= text.length;
  return text;
}

function toWord(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof PythonFloat) return toFloatText(value.value);
  if (typeof value !== 'number') return '...';
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}

function quote(text: string, budget: Budget): string {
  const room = Math.max(budget.left, 3);
  const shown = text.length > room ? `${text.slice(0, room - 3)}...` : text;
  budget.left -= shown.length + 2;
  return `'${shown.replaceAll("'", "\\'")}'`;
}

function enclose<Item>(
  open: string,
  close: string,
  items: readonly Item[],
  budget: Budget,
  depth: number,
  toText: (item: Item) => string,
): string {
  if (items.length > 0 && depth > deepest) return `${open}...${close}`;
  const texts: string[] = [];
  for (const item of items) {
    if (budget.left <= 0) {
      texts.push('...');
      break;
    }
    texts.push(toText(item));
    budget.left -= 2;
  }
  return open + texts.join(', ') + close;
}
