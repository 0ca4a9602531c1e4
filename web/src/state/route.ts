/** Pages whose address is their name alone. */
const plainPages = ['tasks', 'workers', 'broker', 'events', 'docs', 'about'] as const;
export type PlainPage = (typeof plainPages)[number];

/** The pages, as addresses. Pure: `router.svelte.ts` ties it to the browser. */
export type Route =
  | { page: 'overview' | PlainPage }
  | { page: 'task'; uuid: string }
  | { page: 'worker'; name: string }
  | { page: 'not-found'; path: string };

export type PageName = Route['page'];

/** The document's base address → the path the app lives under; it ends with a slash. */
export function readBase(baseUri: string): string {
  return new URL(baseUri).pathname.replace(/[^/]*$/, '');
}

/** `?a=1` → its parameters; a new object each time, never changed: a query changes by going somewhere. */
export function readQuery(search: string): URLSearchParams {
  return new URLSearchParams(search);
}

/** A path of the browser → the page. `base` is the path the app lives under; it ends with a slash. */
export function readRoute(pathname: string, base: string): Route {
  const inside = pathname.startsWith(base) ? pathname.slice(base.length) : `${pathname}/` === base ? '' : null;
  if (inside === null) return { page: 'not-found', path: pathname };
  const path = inside.replace(/\/+$/, '');
  if (path === '') return { page: 'overview' };
  const plain = plainPages.find((page) => page === path);
  if (plain) return { page: plain };
  const [, kind, name] = /^(task|worker)\/(.+)$/.exec(inside) ?? [];
  const decoded = name === undefined ? null : decode(name);
  if (decoded === null) return { page: 'not-found', path: `/${inside}` };
  return kind === 'task' ? { page: 'task', uuid: decoded } : { page: 'worker', name: decoded };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** A page → its address under `base`. Ids are whatever the sender chose, slashes included. */
export function toHref(route: Exclude<Route, { page: 'not-found' }>, base: string, query?: URLSearchParams): string {
  const text = query?.toString() ?? '';
  return base + toPath(route) + (text === '' ? '' : `?${text}`);
}

function toPath(route: Exclude<Route, { page: 'not-found' }>): string {
  if (route.page === 'overview') return '';
  if (route.page === 'task') return `task/${encodeURIComponent(route.uuid)}`;
  return route.page === 'worker' ? `worker/${encodeURIComponent(route.name)}` : route.page;
}
