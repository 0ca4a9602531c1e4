/** One word of a search with what it asks for. Throws a `QueryError` where the value does not fit its qualifier. */
import type { Clock } from './clock.ts';
import { anyOf } from './conditions.ts';
import { hasPlain, isMissing, splitPhrase, textOf, type Phrase, type Term } from './lexemes.ts';
import { isOfKind, takesList, type Qualifier } from './qualifiers.ts';
import { sortKeys, type Condition, type Sort } from './query.ts';
import { QueryError } from './query-error.ts';
import { readRange } from './read-range.ts';

export function readTerm(term: Term, clock: Clock): Condition {
  checkTerm(term);
  const { qualifier, value } = term;
  if (qualifier === null) return { kind: 'text', field: 'any', text: textOf(value) };
  const [first, ...others] = takesList(qualifier) ? splitPhrase(value, ',') : [value];
  const read = (phrase: Phrase): Condition => readValue(qualifier, checkValue(qualifier, phrase), clock);
  return anyOf([read(first ?? value), ...others.map(read)]);
}

/** Of `sort:-runtime`. */
export function readSort(term: Term): Sort {
  checkTerm(term);
  const [, minus, name = ''] = /^(-?)([^]*)$/.exec(textOf(checkValue('sort', term.value))) ?? [];
  const key = sortKeys.find((each) => each === name.toLowerCase());
  if (key === undefined) throw new QueryError(`Unknown sort key '${name}'`, term.value, sortKeys);
  return { key, descending: minus === '-' };
}

function checkTerm({ unclosedAt, end }: Term): void {
  if (unclosedAt !== null) throw new QueryError('Missing closing quote', { at: unclosedAt, end }, ['"']);
}

function checkValue(qualifier: Qualifier, phrase: Phrase): Phrase {
  if (isMissing(phrase)) throw new QueryError(`Missing value of ${qualifier}`, phrase, [`${qualifier}:value`]);
  return phrase;
}

function readValue(qualifier: Qualifier, phrase: Phrase, clock: Clock): Condition {
  const text = textOf(phrase);
  if (isOfKind(qualifier, 'time', 'duration', 'count')) return readRange(qualifier, phrase, clock);
  if (isOfKind(qualifier, 'state')) return { kind: 'state', states: [checkId(qualifier, phrase).toUpperCase()] };
  if (isOfKind(qualifier, 'related')) return { kind: 'related', field: qualifier, id: checkId(qualifier, phrase) };
  if (isOfKind(qualifier, 'kwargs')) return readKwargs(phrase);
  if (isOfKind(qualifier, 'pattern') && hasPlain(phrase, '*'))
    return { kind: 'pattern', field: qualifier, pattern: text };
  if (isOfKind(qualifier, 'pattern', 'text')) return { kind: 'text', field: qualifier, text };
  throw new QueryError(`Unexpected ${qualifier}`, phrase);
}

/** What has to be the same, and not only in it, cannot be empty. */
function checkId(qualifier: Qualifier, phrase: Phrase): string {
  if (phrase.letters.length === 0) throw new QueryError(`Empty value of ${qualifier}`, phrase, [`${qualifier}:value`]);
  return textOf(phrase);
}

/** `key=value` and `key.inner=value`; without an equals sign, any text of all arguments. */
function readKwargs(phrase: Phrase): Condition {
  const [keys = phrase, value] = splitPhrase(phrase, '=', 2);
  if (value === undefined) return { kind: 'text', field: 'kwargs', text: textOf(phrase) };
  const path = splitPhrase(keys, '.').map((key) => {
    if (isMissing(key))
      throw new QueryError('Missing key in kwargs', key, ['kwargs:key=value', 'kwargs:key.inner=value']);
    return textOf(key);
  });
  return { kind: 'kwarg', path, value: textOf(value) };
}
