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

/** Whether the page is to follow what happens; null: the address leaves it to the options. */
export function readLive(query: URLSearchParams): boolean | null {
  const live = query.get('live');
  return live === 'on' || live === 'off' ? live === 'on' : null;
}

/** The query of the page's address; empty when every task is asked for. `live`: see {@link readLive}. */
export function toPageQuery(text: string, live: boolean | null = null): URLSearchParams {
  const query = new URLSearchParams();
  if (text.trim() !== '') query.set('q', text.trim());
  if (live !== null) query.set('live', live ? 'on' : 'off');
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
