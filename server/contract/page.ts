/** What the server's options say of its pages. */
export interface PageOptionsBody {
  /** Columns of the table of tasks, in order; null: as the page has them by itself. */
  tasks_columns: readonly string[] | null;
  /** Whether pages follow what happens. */
  auto_refresh: boolean;
  /** Whether times are shown as `3 minutes ago`. */
  natural_time: boolean;
  /** Whether there is a result backend, without which no task can be asked to abort. */
  result_backend: boolean;
}

/** What comes with each page, as JSON in `<meta name="herbarium">`. */
export interface PageSettings extends PageOptionsBody {
  /**
   * Whether whoever sees the page may act from it, unless the server is read-only. Without any authentication a page may
   * only read, as in Flower.
   */
  may_act: boolean;
}
