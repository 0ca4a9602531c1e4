/** What may stand before a colon, and what the value after it is. Anything else before a colon is part of a word. */
const kinds = {
  name: 'pattern',
  state: 'state',
  worker: 'pattern',
  queue: 'pattern',
  uuid: 'text',
  args: 'text',
  kwargs: 'kwargs',
  result: 'text',
  exception: 'text',
  traceback: 'text',
  root: 'related',
  parent: 'related',
  received: 'time',
  started: 'time',
  finished: 'time',
  runtime: 'duration',
  wait: 'duration',
  retries: 'count',
  sort: 'sort',
} as const;

export type Qualifier = keyof typeof kinds;
export type QualifierOf<Kind extends ValueKind> = {
  [Q in Qualifier]: (typeof kinds)[Q] extends Kind ? Q : never;
}[Qualifier];
export type ValueKind = (typeof kinds)[Qualifier];

export const qualifiers = Object.keys(kinds) as readonly Qualifier[];

const singleValued: ReadonlySet<Qualifier> = new Set<Qualifier>(['args', 'kwargs', 'result', 'traceback', 'sort']);

/** Whether a comma outside of quotes separates alternatives; where it does not, it is a character like any other. */
export function takesList(qualifier: Qualifier): boolean {
  return !singleValued.has(qualifier);
}

/** Whether a value is of one of these kinds, for the compiler too. */
export function isOfKind<Kind extends ValueKind>(
  qualifier: Qualifier,
  ...wanted: Kind[]
): qualifier is QualifierOf<Kind> {
  return (wanted as ValueKind[]).includes(kinds[qualifier]);
}

/** The qualifier, in any case, that this text begins with, its colon included. */
export function findQualifier(text: string): Qualifier | null {
  const name = /^([a-z]{4,9}):/i.exec(text)?.[1]?.toLowerCase();
  return qualifiers.find((qualifier) => qualifier === name) ?? null;
}
