/**
 * Two characters in the text index. To pg_trgm a text is all trigrams of its words, with a blank before and after each: so
 * where the two stand in a text, they end a trigram, which begins with what stands before them, and it can be asked for
 * all of these at once. Which characters there are, ASCII apart, each segment's dictionary says: the writer adds those of
 * every text that it writes, and takes none away. With it two characters that none of 2 million tasks has are looked for in
 * a few milliseconds; row by row it took more than 5 s.
 */
import type { Task } from '../../domain/task.ts';
import { foldText, searchedFields } from '../search-text.ts';
import { storableText } from '../task-row.ts';
import { withCharacters } from './column-statements.ts';
import { escapeExpression, toHolding, type TextPattern } from './text-patterns.ts';

/** Their field in dictionaries. */
export const characterField = 'character';

/**
 * Beyond so many, as of a language written in thousands of signs, rows are looked at: pg_trgm looks for at most 256 trigrams,
 * 37 of which begin in ASCII.
 */
export const mostCharacters = 160;
/** Of these each is a test of its own. */
const mostSeparate = 24;
/** Which characters above this one a set has pg_trgm does not know; they are apart in the colours of Postgres' expressions. */
const lastInSets = '\u07ff';

/** Characters beyond ASCII in the searched text of a task: as they are, and as the index has them. */
export function charactersOf(task: Task): Set<string> {
  const characters = new Set<string>();
  for (const field of ['uuid', ...searchedFields] as const) {
    const text = task[field] === null ? '' : storableText(task[field]);
    if (!beyondAscii.test(text)) continue;
    for (const character of new Set(text + foldText(text))) if (beyondAscii.test(character)) characters.add(character);
  }
  return characters;
}

const beyondAscii = /\P{ASCII}/u;

/** Whether a folded term is one that {@link toShortPatterns} takes: pg_trgm knows no character that no word has. */
export function isShortTerm(folded: string): boolean {
  const characters = [...folded];
  return characters.length === 2 && /[\p{L}\p{N}]/u.test(folded) && characters.every(isInSets);
}

/** Of each segment all characters are known, or null. One row, `characters`. */
export const readCharacters = `SELECT CASE WHEN bool_and(schema >= ${withCharacters}) THEN
    ARRAY(SELECT DISTINCT text FROM dictionary WHERE field = '${characterField}' LIMIT ${mostCharacters + 1})
  END AS characters FROM segments`;

/** One of these is in every text with the term; null: they are too many. */
export function toShortPatterns(folded: string, characters: readonly string[]): TextPattern[] | null {
  const separate = characters.filter((character) => !isInSets(character));
  if (characters.length > mostCharacters || separate.length > mostSeparate) return null;
  const together = characters.filter(isInSets).join('');
  return [
    { operator: '~', parameter: `(^|[\\u0001-\\u007f${together}])${escapeExpression(folded)}` },
    ...separate.map((character) => toHolding(character + folded)),
  ];
}

const isInSets = (character: string): boolean => character <= lastInSets;
