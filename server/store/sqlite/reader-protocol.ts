/** What the main thread and a reader thread say to each other: one question at a time, one answer each. */
export interface ReadRequest {
  id: number;
  file: string;
  sql: string;
  parameters: readonly unknown[];
}

export type ReadResponse = { id: number; rows: unknown[] } | { id: number; error: string };
