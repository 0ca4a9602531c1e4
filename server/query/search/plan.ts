import type { Condition, TextField } from '../../language/query.ts';
import { mayBeCut } from '../../store/column-values.ts';
import type { CodeColumn, NumberColumn, SegmentColumns, Zones } from '../../store/columns.ts';
import { foldText } from '../../store/search-text.ts';
import type { CandidateUse, SegmentData, SoughtText } from '../../store/segment-data.ts';
import { storableText } from '../../store/task-row.ts';
import { toClosedRange } from './closed-range.ts';
import { IdList } from './id-list.ts';
import { plainTexts, textsAround, toPatternTest } from './matches.ts';
import type { Filter } from './question.ts';

/**
 * In: a filter and a segment. Out: what to compute of each block of it, in three values: a row does not fit (0), may fit,
 * so that it has to be looked at (1), or fits (2). AND is the least of its parts, OR the greatest, NOT what is left to 2.
 */
export type Fit = 0 | 1 | 2;

export type Plan =
  | { kind: 'constant'; fit: Fit }
  /** What each code of the column stands for, fits; a code that is new since is at least looked at. */
  | { kind: 'codes'; column: CodeColumn; table: Uint8Array }
  | { kind: 'range'; column: NumberColumn; low: number; high: number; zones: Zones }
  | { kind: 'ids'; ids: IdList; inside: Fit; what: string }
  | { kind: 'and' | 'or'; parts: Plan[] }
  | { kind: 'not'; part: Plan };

const never: Plan = { kind: 'constant', fit: 0 };
const perhaps: Plan = { kind: 'constant', fit: 1 };
const always: Plan = { kind: 'constant', fit: 2 };

/** Codes that a column may have got since its dictionary was read. */
const newCodes = 256;

export class Planner {
  readonly #data: SegmentData;
  readonly #columns: SegmentColumns;
  /** So many ids of a list are read; beyond, rows are looked at one by one. */
  readonly #use: CandidateUse;

  constructor(data: SegmentData, columns: SegmentColumns, use: CandidateUse) {
    this.#data = data;
    this.#columns = columns;
    this.#use = use;
  }

  async plan({ where, exact }: Filter): Promise<Plan> {
    const parts: Plan[] = [];
    for (const { column, value } of exact) {
      const stored = storableText(value);
      parts.push(await this.#codes(column, (text) => (text === stored ? 2 : 0)));
    }
    if (where) parts.push(await this.#of(where));
    return and(parts);
  }

  async #of(condition: Condition): Promise<Plan> {
    switch (condition.kind) {
      case 'and':
        return this.#and(condition.parts);
      case 'or':
        return or(await this.#all(condition.parts));
      case 'not':
        return not(await this.#of(condition.part));
      case 'state': {
        const states = new Set(condition.states.map(storableText));
        return this.#codes('state', (state) => (states.has(state) ? 2 : 0));
      }
      case 'pattern': {
        const fits = toPatternTest(condition.pattern);
        return this.#codes(condition.field, (text) => (fits(text) ? 2 : 0));
      }
      case 'text':
        return this.#text(condition.field, condition.text);
      case 'kwarg':
        return this.#indexed(soughtTexts(condition));
      case 'related':
        return this.#related(condition.field, condition.id);
      case 'range': {
        const { low, high } = toClosedRange(condition.from, condition.to);
        const zones = await this.#columns.zones(condition.field);
        return { kind: 'range', column: condition.field, low, high, zones };
      }
    }
  }

  async #all(conditions: readonly Condition[]): Promise<Plan[]> {
    const plans: Plan[] = [];
    for (const condition of conditions) plans.push(await this.#of(condition));
    return plans;
  }

  async #text(field: TextField, text: string): Promise<Plan> {
    switch (field) {
      case 'name':
      case 'worker':
      case 'queue':
        return or(await this.#textInCodes([field], text));
      default:
        return or([...(await this.#textInCodes(columnsBeside[field] ?? [], text)), this.#indexed([text])]);
    }
  }

  async #textInCodes(columns: readonly CodeColumn[], text: string): Promise<Plan[]> {
    const folded = foldText(text);
    const holds = (value: string): Fit => (foldText(value).includes(folded) ? 2 : 0);
    return Promise.all(columns.map((column) => this.#codes(column, holds)));
  }

  /** What is looked for in indexed text only has one list for all of it, which the index makes itself, from the rarest on. */
  async #and(conditions: readonly Condition[]): Promise<Plan> {
    const plans: Plan[] = [];
    const texts: SoughtText[] = [];
    for (const condition of conditions) {
      const indexed = await this.#indexedTexts(condition);
      texts.push(...indexed);
      if (indexed.length === 0) plans.push(await this.#of(condition));
    }
    return and(texts.length === 0 ? plans : [...plans, this.#indexed(texts)]);
  }

  /** Texts of which a task that fits has each in its indexed text, where nothing but that text tells. */
  async #indexedTexts(condition: Condition): Promise<SoughtText[]> {
    if (condition.kind === 'kwarg') return soughtTexts(condition);
    if (condition.kind !== 'text') return [];
    const { field, text } = condition;
    if (indexedFields.has(field)) return [text];
    const columns = columnsBeside[field];
    if (!columns) return [];
    const beside = or(await this.#textInCodes(columns, text));
    return isFit(beside, 0) ? [text] : [];
  }

  /** Parts of what the text index has, all of them in the same task: no row fits before it was looked at. */
  #indexed(texts: readonly SoughtText[]): Plan {
    const source = this.#data.candidates(texts, this.#use);
    if (!source) return perhaps;
    const what = `text index for ${texts.map((text) => (typeof text === 'string' ? `'${text}'` : `one of ${text.length} texts`)).join(' and ')}`;
    return or([{ kind: 'ids', ids: new IdList(source, this.#use.most), inside: 1, what }, this.#unindexed(texts)]);
  }

  #unindexed(texts: readonly SoughtText[]): Plan {
    const ids = new IdList(this.#data.unindexed(texts), this.#use.most);
    return { kind: 'ids', ids, inside: 1, what: 'not yet indexed' };
  }

  async #related(field: 'parent' | 'root', id: string): Promise<Plan> {
    // More than one id may be shown as this one.
    if (/[\u2400\ufffd]/.test(storableText(id))) return perhaps;
    const ids = IdList.of(await this.#data.related(field, id));
    return { kind: 'ids', ids, inside: 2, what: `index of ${field}` };
  }

  async #codes(column: CodeColumn, fits: (text: string) => Fit): Promise<Plan> {
    const dictionary = await this.#columns.dictionary(column);
    const table = new Uint8Array(dictionary.length + newCodes).fill(1);
    table[0] = 0;
    let isNever = true;
    for (let code = 1; code < dictionary.length; code++) {
      const text = dictionary[code]!;
      const fit = mayBeCut(text) ? 1 : fits(text);
      table[code] = fit;
      if (fit > 0) isNever = false;
    }
    return isNever ? never : { kind: 'codes', column, table };
  }
}

type KwargCondition = Extract<Condition, { kind: 'kwarg' }>;

const soughtTexts = (condition: KwargCondition): SoughtText[] => [
  ...plainTexts(condition).filter((text) => text.length > 2),
  ...textsAround(condition),
];

const indexedFields: ReadonlySet<TextField> = new Set(['uuid', 'args', 'kwargs', 'result', 'traceback']);

/** Columns that have to be asked beside the text index. */
const columnsBeside: Partial<Record<TextField, readonly CodeColumn[]>> = {
  any: ['name', 'state', 'worker', 'exception'],
  // The class is a part of the text.
  exception: ['exception'],
};

function and(parts: readonly Plan[]): Plan {
  const all = parts.flatMap((part) => (part.kind === 'and' ? part.parts : [part])).filter((part) => !isFit(part, 2));
  if (all.some((part) => isFit(part, 0))) return never;
  if (all.length <= 1) return all[0] ?? always;
  return { kind: 'and', parts: all.sort((a, b) => costOf(a) - costOf(b)) };
}

function or(parts: readonly Plan[]): Plan {
  const all = parts.flatMap((part) => (part.kind === 'or' ? part.parts : [part])).filter((part) => !isFit(part, 0));
  if (all.some((part) => isFit(part, 2))) return always;
  if (all.length <= 1) return all[0] ?? never;
  return { kind: 'or', parts: all };
}

function not(part: Plan): Plan {
  return part.kind === 'constant' ? { kind: 'constant', fit: (2 - part.fit) as Fit } : { kind: 'not', part };
}

const isFit = (plan: Plan, fit: Fit): boolean => plan.kind === 'constant' && plan.fit === fit;

/** What of a block is computed first: it may spare the rest. */
function costOf(plan: Plan): number {
  switch (plan.kind) {
    case 'codes':
      return plan.column === 'state' ? 1 : 2;
    case 'ids':
      return 3;
    case 'range':
      return 80;
    case 'constant':
      return 1000;
    case 'and':
    case 'or':
      return plan.parts.reduce((cost, part) => cost + costOf(part), 0);
    case 'not':
      return costOf(plan.part);
  }
}

/** What a row is that no task has: every code 0, every number none, in no list. */
export function fitOfNone(plan: Plan): Fit {
  switch (plan.kind) {
    case 'constant':
      return plan.fit;
    case 'codes':
    case 'range':
    case 'ids':
      return 0;
    case 'and':
      return Math.min(...plan.parts.map(fitOfNone)) as Fit;
    case 'or':
      return Math.max(...plan.parts.map(fitOfNone)) as Fit;
    case 'not':
      return (2 - fitOfNone(plan.part)) as Fit;
  }
}

/** What is left of a plan that reads no list, and of numbers only bounds: of what they would tell, all may fit. */
export function besideLists(plan: Plan): Plan {
  switch (plan.kind) {
    case 'ids':
    case 'range':
      return perhaps;
    case 'and':
      return and(plan.parts.map(besideLists));
    case 'or':
      return or(plan.parts.map(besideLists));
    case 'not':
      return not(besideLists(plan.part));
    default:
      return plan;
  }
}

/** The lists that a plan reads. */
export function listsOf(plan: Plan): IdList[] {
  if (plan.kind === 'ids') return [plan.ids];
  if (plan.kind === 'and' || plan.kind === 'or') return [...new Set(plan.parts.flatMap(listsOf))];
  return plan.kind === 'not' ? listsOf(plan.part) : [];
}
