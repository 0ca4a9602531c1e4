import { toPartText, withPart } from './search-text.ts';

/** Flower's and our earlier names for what is a condition of the search now. */
const conditions = [
  ['state', 'state'],
  ['name', 'name'],
  ['taskname', 'name'],
  ['worker', 'worker'],
  ['workername', 'worker'],
  ['search', null],
] as const;

/** The search that a page's address asks for, whoever wrote it and when. */
export function readSearchText(query: URLSearchParams): string {
  let text = query.get('q')?.trim() ?? '';
  for (const [key, qualifier] of conditions) {
    const value = query.get(key)?.trim() ?? '';
    if (value === '' || (key === 'state' && value.toUpperCase() === 'ALL')) continue;
    if (qualifier === null) text = `${text} ${value}`.trim();
    else text = withPart(text, toPartText(qualifier, qualifier === 'state' ? value.toUpperCase() : value));
  }
  return text;
}

/** Whether the address says it in other words than we do now. */
export function isOldAddress(query: URLSearchParams): boolean {
  return conditions.some(([key]) => query.has(key));
}

/** What the address says beside the search; null: it leaves that to the options, or to the reader. */
export interface PageView {
  /** Whether the page is to follow what happens. */
  live: boolean | null;
  columns: readonly string[] | null;
}

export function readView(query: URLSearchParams): PageView {
  const live = query.get('live');
  return {
    live: live === 'on' || live === 'off' ? live === 'on' : null,
    columns: query.get('columns')?.split(',') ?? null,
  };
}

/** The query of the page's address; empty when every task is asked for. */
export function toPageQuery(text: string, { live = null, columns = null }: Partial<PageView> = {}): URLSearchParams {
  const query = new URLSearchParams();
  if (text.trim() !== '') query.set('q', text.trim());
  if (live !== null) query.set('live', live ? 'on' : 'off');
  if (columns !== null) query.set('columns', columns.join(','));
  return query;
}

/** What a page asks of the search API. `zone`: the name of the reader's, for times that name none. */
export interface Asked {
  text: string;
  zone: string;
}

/** The query of `GET api/search` and of what is counted beside it. */
export function toSearchQuery({ text, zone }: Asked, more: Record<string, string | number> = {}): URLSearchParams {
  const query = new URLSearchParams({ q: text, zone });
  for (const [key, value] of Object.entries(more)) query.set(key, String(value));
  return query;
}
