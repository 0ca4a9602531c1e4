import type { ExportFormat } from '../../../server/contract/search.ts';

export type { ExportFormat };

/** In the order in which they are offered. The contract's list comes with all of its schemas, which no page needs. */
export const exportFormats: readonly ExportFormat[] = ['ndjson', 'csv', 'json'];

/** All tasks that a search finds, relative to where the app lives. `zone`: the name of the reader's. */
export function toExportPath(text: string, format: ExportFormat, zone: string): string {
  return `api/export?${new URLSearchParams({ q: text, format, zone }).toString()}`;
}
