import { toPageQuery } from '../models/search-address.ts';
import { readBase, readQuery, readRoute, toHref, type Route } from './route.ts';

/** The address is the state: pages read `route` and `query`, and change them only by going somewhere. */
export class Router {
  readonly base: string;
  route: Route = $state.raw({ page: 'overview' });
  query = $state.raw(readQuery(''));
  /** Counts moves, for what must happen once per move: focus and scroll. */
  moves = $state(0);
  /** The last move led to another page, not to another view of the same one. */
  isNewPage = false;
  /** How far down the page was when it was left, for Back; null: a new visit. */
  scrollTo: number | null = null;

  constructor(baseUri: string) {
    this.base = readBase(baseUri);
    this.#read();
  }

  /** Returns how to stop it. */
  start(): () => void {
    history.scrollRestoration = 'manual';
    const back = (event: PopStateEvent) => this.#arrive(readScroll(event.state));
    const click = (event: MouseEvent) => this.#follow(event);
    addEventListener('popstate', back);
    document.addEventListener('click', click);
    return () => {
      removeEventListener('popstate', back);
      document.removeEventListener('click', click);
    };
  }

  href(route: Exclude<Route, { page: 'not-found' }>, query?: URLSearchParams): string {
    return toHref(route, this.base, query);
  }

  /** The page of the tasks that all of these searches fit. */
  tasksHref(...searches: string[]): string {
    return this.href({ page: 'tasks' }, toPageQuery(searches.filter(Boolean).join(' ')));
  }

  go(href: string): void {
    if (href === location.pathname + location.search) {
      history.replaceState(null, '', href);
    } else {
      history.replaceState({ scrollY }, '');
      history.pushState(null, '', href);
    }
    this.#arrive(null);
  }

  /** Changes the address without a step for Back: for what is a switch and not a place. */
  replace(href: string): void {
    history.replaceState(history.state, '', href);
    this.#read();
  }

  #arrive(scrollTo: number | null): void {
    const before = JSON.stringify(this.route);
    this.scrollTo = scrollTo;
    this.#read();
    this.isNewPage = JSON.stringify(this.route) !== before;
    this.moves += 1;
  }

  #read(): void {
    this.route = readRoute(location.pathname, this.base);
    this.query = readQuery(location.search);
  }

  /** A plain click on a link to one of our pages stays in the app; every other one is the browser's. */
  #follow(event: MouseEvent): void {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link?.href || (link.target !== '' && link.target !== '_self') || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || readRoute(link.pathname, this.base).page === 'not-found') return;
    if (link.hash !== '' && link.pathname === location.pathname && link.search === location.search) return;
    event.preventDefault();
    this.go(link.pathname + link.search + link.hash);
  }
}

function readScroll(state: unknown): number | null {
  return typeof state === 'object' && state !== null && 'scrollY' in state && typeof state.scrollY === 'number'
    ? state.scrollY
    : null;
}
