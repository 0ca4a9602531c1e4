import {
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  windowScroll,
  type VirtualItem,
} from '@tanstack/virtual-core';

export interface WindowedRowsOptions {
  count: number;
  /** Pixels that a row has before it was measured. */
  estimate: number;
  keyOf: (index: number) => string;
  /** Heights seen in another layout mean nothing in this one. */
  layout: string;
}

/** Heights that rows were seen to have, by their keys. Kept longer than the list, its rows are where they were. */
export interface RowHeights {
  layout: string;
  byKey: Map<string | number | bigint, number>;
}

/** Heights of rows that are gone, kept so that they are not looked for at each change. */
const spareHeights = 1000;

/** Of a list of thousands of rows on a page that scrolls, those in sight, and how much room the others take. */
export class WindowedRows {
  items: readonly VirtualItem[] = $state.raw([]);
  /** Pixels above the first and below the last of them. */
  before = $state(0);
  after = $state(0);
  readonly #virtualizer: Virtualizer<Window, HTMLElement>;
  #options: WindowedRowsOptions = { count: 0, estimate: 1, keyOf: String, layout: '' };
  readonly #heights: RowHeights;
  /** Where the list begins on the page. */
  #top = 0;

  constructor(heights: RowHeights) {
    this.#virtualizer = new Virtualizer<Window, HTMLElement>(this.#toOptions());
    this.#virtualizer.itemSizeCache = heights.byKey;
    this.#heights = heights;
  }

  /** Returns how to stop it. `list`: whose top is where the first row is. */
  start(list: HTMLElement): () => void {
    const place = () => {
      const top = Math.round(list.getBoundingClientRect().top + scrollY);
      if (top === this.#top) return;
      this.#top = top;
      this.#apply();
    };
    const watched = new ResizeObserver(place);
    watched.observe(document.body);
    const unmount = this.#virtualizer._didMount();
    place();
    this.#apply();
    return () => {
      watched.disconnect();
      unmount();
    };
  }

  show(options: WindowedRowsOptions): void {
    this.#options = options;
    if (options.layout !== this.#heights.layout) this.#virtualizer.measure();
    else if (this.#heights.byKey.size > 2 * options.count + spareHeights) this.#forgetGone();
    this.#heights.layout = options.layout;
    this.#apply();
  }

  /** For `{@attach}`; the element says its place as `data-index`. */
  readonly measure = (element: HTMLElement): void => this.#virtualizer.measureElement(element);

  scrollTo(index: number): void {
    this.#virtualizer.scrollToIndex(index, { align: 'auto' });
  }

  /** A list that follows what happens has other rows all the time. */
  #forgetGone(): void {
    const { count, keyOf } = this.#options;
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing shows it
    const keys = new Set<unknown>(Array.from({ length: count }, (_, index) => keyOf(index)));
    for (const key of this.#heights.byKey.keys()) if (!keys.has(key)) this.#heights.byKey.delete(key);
  }

  #apply(): void {
    this.#virtualizer.setOptions(this.#toOptions());
    this.#virtualizer._willUpdate();
    this.#read();
  }

  #read(): void {
    const items = this.#virtualizer.getVirtualItems();
    const top = this.#top;
    this.items = items;
    this.before = (items[0]?.start ?? top) - top;
    this.after = this.#virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  }

  #toOptions() {
    const { count, estimate, keyOf } = this.#options;
    return {
      count,
      estimateSize: () => estimate,
      getItemKey: keyOf,
      overscan: 8,
      scrollMargin: this.#top,
      // The header of the page, and that of the table.
      scrollPaddingStart: 100,
      getScrollElement: () => window,
      observeElementRect: observeWindowRect,
      observeElementOffset: observeWindowOffset,
      scrollToFn: windowScroll,
      initialOffset: () => scrollY,
      onChange: () => this.#read(),
    };
  }
}
