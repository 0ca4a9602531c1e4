/** What one can go to from anywhere, by typing a part of its name. */
import type { Route } from '../state/route.ts';
import { pageLinks } from './page-link.ts';
import { toPageQuery } from './search-address.ts';

export interface PaletteItem {
  id: string;
  kind: 'Page' | 'Worker' | 'Task' | 'Search';
  label: string;
  /** Keys that lead there too. */
  keys?: string;
  route: Exclude<Route, { page: 'not-found' }>;
  query?: URLSearchParams;
}

const pages = pageLinks.map(({ page, label, key }): PaletteItem => ({
  id: page,
  kind: 'Page',
  label,
  keys: `g ${key}`,
  route: { page },
}));

const mostWorkers = 8;
const mostSearches = 5;
const wholeUuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const toSearch = (text: string, id: string, label = text): PaletteItem => ({
  id,
  kind: 'Search',
  label,
  route: { page: 'tasks' },
  query: toPageQuery(text),
});

/** What fits the text: the most likely first. `workers`: host names; `recent`: searches, the last one first. */
export function toPaletteItems(
  typed: string,
  { workers, recent }: { workers: readonly string[]; recent: readonly string[] },
): PaletteItem[] {
  const text = typed.trim();
  const fits = (label: string) => label.toLowerCase().includes(text.toLowerCase());
  const toWorker = (name: string): PaletteItem => ({
    id: `worker ${name}`,
    kind: 'Worker',
    label: name,
    route: { page: 'worker', name },
  });
  const task: PaletteItem[] = /^\S{8,}$/.test(text)
    ? [{ id: 'task', kind: 'Task', label: `Task ${text}`, route: { page: 'task', uuid: text } }]
    : [];
  return [
    ...(wholeUuid.test(text) ? task : []),
    ...pages.filter(({ label }) => fits(label)),
    ...workers.filter(fits).slice(0, mostWorkers).map(toWorker),
    ...recent
      .filter(fits)
      .slice(0, mostSearches)
      .map((search) => toSearch(search, `recent ${search}`)),
    ...(text === '' ? [] : [toSearch(text, 'search', `Search tasks for “${text}”`)]),
    ...(wholeUuid.test(text) ? [] : task),
  ];
}
