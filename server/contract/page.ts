/** What the server's options say of its pages: it comes with each of them, as JSON in `<meta name="herbarium">`. */
export interface PageSettings {
  /** Columns of the table of tasks, in order; null: as the page has them by itself. */
  tasks_columns: readonly string[] | null;
  /** Whether pages follow what happens. */
  auto_refresh: boolean;
  /** Whether times are shown as `3 minutes ago`. */
  natural_time: boolean;
  /** Whether there is a result backend, without which no task can be asked to abort. */
  result_backend: boolean;
}
