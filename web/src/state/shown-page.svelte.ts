import { findPage, loadPage, type AnyPage } from '../pages/pages.ts';
import type { Route } from './route.ts';

/** What is on the screen. The page before stays there until the next one has come. */
export class ShownPage {
  current: { route: Route; page: AnyPage } | null = $state.raw(null);
  /** The page cannot be had. */
  failed: Route | null = $state.raw(null);
  #wanted: Route | null = null;
  readonly #onShow: () => void;

  /** `onShow`: just before another page, or the same one anew, is shown. */
  constructor(onShow: () => void) {
    this.#onShow = onShow;
  }

  /** Settles when it is shown, or given up. */
  async show(route: Route): Promise<void> {
    this.#wanted = route;
    this.failed = null;
    try {
      const page = findPage(route.page) ?? (await loadPage(route.page));
      if (this.#wanted !== route) return;
      this.#onShow();
      this.current = { route, page };
    } catch {
      if (this.#wanted === route) this.failed = route;
    }
  }
}
