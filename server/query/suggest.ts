/**
 * In: the text of a query that is being typed, and where. Out: what could stand there: qualifiers, values that tasks
 * have, with their numbers, and names of keyword arguments as recent tasks have them. A text that is no query yet is no
 * error here: where the rest of it makes no sense, all tasks count.
 */
import {
  facetFields,
  maxFacetValues,
  type FacetField,
  type SuggestBody,
  type SuggestionBody,
  type SuggestRequest,
} from '../contract/search.ts';
import { taskStates } from '../contract/states.ts';
import { allOf } from '../language/conditions.ts';
import { readLexemes } from '../language/lexemes.ts';
import { printKwargKey, printValue } from '../language/print-query.ts';
import { qualifiers } from '../language/qualifiers.ts';
import { sortKeys, timeFields, type Condition } from '../language/query.ts';
import { QueryError } from '../language/query-error.ts';
import { readQuery } from '../language/read-query.ts';
import { suggestAt, type Suggestion } from '../language/suggest.ts';
import { listKwargKeys, listKwargValues } from './kwargs-sample.ts';
import { localZone } from './read-search.ts';
import type { Budget, SearchQueries } from './search.ts';

/** A list that a person reads while typing. */
const maxSuggestions = 20;
/** How many recent tasks say which keyword arguments there are. */
const sampleSize = 200;

type Found = Pick<SuggestBody, 'suggestions' | 'partial'>;

/** `now`: epoch seconds. */
export async function suggest(
  queries: SearchQueries,
  { q, cursor = q.length, zone }: SuggestRequest,
  now: number,
  budget: Budget,
): Promise<Omit<SuggestBody, 'took_ms'>> {
  const typed = suggestAt(q, Math.min(cursor, q.length));
  const where = readRest(q, typed, { now, zone: zone ?? localZone() });
  const { suggestions, partial } = await findSuggestions(queries, typed, where, budget);
  return { ...typed.span, suggestions: suggestions.slice(0, maxSuggestions), partial };
}

async function findSuggestions(
  queries: SearchQueries,
  { kind, field, path, prefix }: Suggestion,
  where: Condition | null,
  budget: Budget,
): Promise<Found> {
  switch (kind) {
    case 'qualifier':
      return known(qualifiers, prefix, (name) => ({ kind: 'qualifier', text: `${name}:` }));
    case 'sort':
      return known(sortKeys, prefix, (text) => ({ kind: 'value', text }));
    case 'kwarg-key':
    case 'kwarg-value':
      return suggestKwarg(queries, { kind, path, prefix }, where, budget);
    case 'value': {
      const facet = facetFields.find((each) => each === field);
      if (facet !== undefined) return suggestValue(queries, facet, prefix, where, budget);
      const isTime = timeFields.some((each) => each === field);
      return known(isTime ? ['today', 'yesterday'] : [], prefix, (text) => ({ kind: 'value', text }));
    }
    case 'text':
      return { suggestions: [], partial: false };
  }
}

function known(words: readonly string[], prefix: string, toBody: (word: string) => SuggestionBody): Found {
  const start = prefix.toLowerCase();
  return { suggestions: words.filter((word) => word.startsWith(start)).map(toBody), partial: false };
}

/** Values that have what was typed anywhere in them, those that begin with it first. */
async function suggestValue(
  queries: SearchQueries,
  field: FacetField,
  prefix: string,
  where: Condition | null,
  budget: Budget,
): Promise<Found> {
  const typed: Condition[] = prefix === '' || field === 'state' ? [] : [{ kind: 'text', field, text: prefix }];
  const rest = allOf([...(where === null ? [] : [where]), ...typed]);
  const { facets, partial } = await queries.facets(rest, [field], maxFacetValues, budget);
  const counted = facets[field].map(({ value, tasks }) => ({ value, tasks }));
  const others = field === 'state' ? taskStates.filter((state) => !counted.some(({ value }) => value === state)) : [];
  const values = fitting([...counted, ...others.map((value) => ({ value, tasks: 0 }))], prefix, ({ value }) => value);
  const suggestions = values.map(({ value, tasks }) => ({
    kind: 'value' as const,
    text: printValue(field, value),
    tasks,
  }));
  return { suggestions, partial };
}

async function suggestKwarg(
  queries: SearchQueries,
  { kind, path, prefix }: { kind: 'kwarg-key' | 'kwarg-value'; path: string[]; prefix: string },
  where: Condition | null,
  budget: Budget,
): Promise<Found> {
  const sort = { key: 'received', descending: true } as const;
  const { tasks, partial } = await queries.page({ where, sort, limit: sampleSize }, budget);
  const kwargs = tasks.map((task) => task.kwargs).filter((text) => text !== null);
  if (kind === 'kwarg-value') {
    const values = fitting(listKwargValues(kwargs, path), prefix, ({ value }) => value);
    const toBody = (value: string, count: number): SuggestionBody => ({
      kind: 'value',
      text: printValue('kwargs', value),
      tasks: count,
    });
    return { suggestions: values.map((found) => toBody(found.value, found.tasks)), partial };
  }
  const keys = fitting(listKwargKeys(kwargs, path), prefix, ({ key }) => key);
  const suggestions = keys.map(({ key, tasks: count, isDict }) => ({
    kind: 'key' as const,
    text: printKwargKey(key) + (isDict ? '.' : '='),
    tasks: count,
  }));
  return { suggestions, partial };
}

function fitting<T>(all: readonly T[], typed: string, textOf: (each: T) => string): T[] {
  const wanted = typed.toLowerCase();
  const places = all.map((each) => textOf(each).toLowerCase().indexOf(wanted));
  const begin = all.filter((_each, i) => places[i] === 0);
  return [...begin, ...all.filter((_each, i) => places[i]! > 0)];
}

/** What the query asks for besides what is being typed; null where that makes no sense by itself. */
function readRest(q: string, { term }: Suggestion, clock: { now: number; zone: string }): Condition | null {
  if (term === null) return tryRead(q, clock);
  const before = readLexemes(q).findLast(({ at }) => at < term.at);
  const isNegated = before?.kind === 'minus' || before?.kind === 'not';
  return tryRead(`${q.slice(0, (isNegated ? before : term).at)} ${q.slice(term.end)}`, clock);
}

function tryRead(text: string, clock: { now: number; zone: string }): Condition | null {
  try {
    return readQuery(text, clock).where;
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}
