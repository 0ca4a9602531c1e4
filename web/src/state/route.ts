/** The pages, as addresses. Pure: `router.svelte.ts` ties it to the browser. */
export type Route =
  { page: 'tasks' } | { page: 'task'; uuid: string } | { page: 'workers' } | { page: 'not-found'; path: string };

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
  if (path === '' || path === 'tasks') return { page: 'tasks' };
  if (path === 'workers') return { page: 'workers' };
  const uuid = /^task\/(.+)$/.exec(inside)?.[1];
  const decoded = uuid === undefined ? null : decode(uuid);
  return decoded === null ? { page: 'not-found', path: `/${inside}` } : { page: 'task', uuid: decoded };
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
  const path = route.page === 'task' ? `task/${encodeURIComponent(route.uuid)}` : route.page;
  const text = query?.toString() ?? '';
  return base + path + (text === '' ? '' : `?${text}`);
}
