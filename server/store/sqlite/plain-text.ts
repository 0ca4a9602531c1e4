import { foldText, searchedFields } from '../search-text.ts';
import type { SoughtText } from '../segment-data.ts';

/**
 * Whether the text of a task may hold terms, in SQLite's own words: LIKE knows upper and lower case of ASCII only. So it
 * rules out rows of nothing but ASCII, by terms of nothing but ASCII that are no part of a UUID, which is stored as bytes.
 */

/** Of a row of `tasks`. */
export const plainText = searchedFields.map((field) => `coalesce(${field}, '')`).join(' || char(31) || ');

/** On `text`, of {@link plainText}, and `uuid`, for one of {@link toPlainPatterns}. */
export const hasPlainText = `(text LIKE ? ESCAPE '\\' OR octet_length(text) <> length(text) OR length(uuid) <> 16)`;

/** Of the terms that it can be told of. */
export function toPlainPatterns(terms: readonly SoughtText[]): string[] {
  return terms
    .filter((term) => typeof term === 'string')
    .map(foldText)
    .filter((term) => /^[\x20-\x7e]+$/.test(term) && !/^[0-9a-f-]+$/.test(term))
    .map((term) => `%${term.replace(/[\\%_]/g, '\\$&')}%`);
}
