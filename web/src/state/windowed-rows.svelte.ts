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
}

/** Of a list of thousands of rows on a page that scrolls, those in sight, and how much room the others take. */
export class WindowedRows {
  items: readonly VirtualItem[] = $state.raw([]);
  /** Pixels above the first and below the last of them. */
  before = $state(0);
  after = $state(0);
  readonly #virtualizer: Virtualizer<Window, HTMLElement>;
  #options: WindowedRowsOptions = { count: 0, estimate: 1, keyOf: String };
  /** Where the list begins on the page. */
  #top = 0;

  constructor() {
    this.#virtualizer = new Virtualizer<Window, HTMLElement>(this.#toOptions());
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
    this.#apply();
  }

  /** Heights are those of other rows now: the window has another width. */
  forgetHeights(): void {
    this.#virtualizer.measure();
  }

  /** For `{@attach}`; the element says its place as `data-index`. */
  readonly measure = (element: HTMLElement): void => this.#virtualizer.measureElement(element);

  scrollTo(index: number): void {
    this.#virtualizer.scrollToIndex(index, { align: 'auto' });
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
