import { readPlace, type Place } from '../models/place.ts';
import { toPageQuery } from '../models/search-address.ts';
import { toPlace } from './return-to.ts';
import { readBase, readQuery, readRoute, toHref, type Route } from './route.ts';

/** The address is the state: pages read `route` and `query`, and change them only by going somewhere. */
export class Router {
  readonly base: string;
  route: Route = $state.raw({ page: 'overview' });
  /** Of the page that is shown: what is asked of the next one, while that is on its way, is not asked of this one. */
  query = $state.raw(readQuery(location.search));
  /** Counts moves, for what must happen once per move: focus and scroll. */
  moves = $state(0);
  /** The last move led to another page, not to another view of the same one. */
  isNewPage = false;
  /** Where the page was left, for Back; null: a new visit. */
  place: Place | null = null;

  constructor(baseUri: string) {
    this.base = readBase(baseUri);
    this.#read();
  }

  /** Returns how to stop it. */
  start(): () => void {
    history.scrollRestoration = 'manual';
    const back = (event: PopStateEvent) => this.#arrive(readPlace(event.state));
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

  /** `link`: the one that was followed. */
  go(href: string, link: HTMLElement | null = null): void {
    if (href === location.pathname + location.search) {
      history.replaceState(null, '', href);
    } else {
      history.replaceState(toPlace(link), '');
      history.pushState(null, '', href);
    }
    this.#arrive(null);
  }

  /** Changes the address without a step for Back: for what is a switch and not a place. */
  replace(href: string): void {
    history.replaceState(history.state, '', href);
    this.#read();
  }

  /** The page that was asked for is there. */
  settle(): void {
    this.query = readQuery(location.search);
  }

  #arrive(place: Place | null): void {
    const before = JSON.stringify(this.route);
    this.place = place;
    this.#read();
    this.isNewPage = JSON.stringify(this.route) !== before;
    this.moves += 1;
  }

  #read(): void {
    const { page } = this.route;
    this.route = readRoute(location.pathname, this.base);
    if (this.route.page === page) this.settle();
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
    this.go(link.pathname + link.search + link.hash, link);
  }
}
