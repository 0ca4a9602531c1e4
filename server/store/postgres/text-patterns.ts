/** What a text may be like, as Postgres is asked for it; each of them pg_trgm's index knows how to answer. */
export interface TextPattern {
  operator: 'LIKE' | '~';
  parameter: string;
}

export const toHolding = (text: string): TextPattern => ({
  operator: 'LIKE',
  parameter: `%${text.replace(/[\\%_]/g, '\\$&')}%`,
});

/** One expression for all, as the text is made anew for each test of a row. */
export const toHoldingOne = (texts: readonly string[]): TextPattern => ({
  operator: '~',
  parameter: texts.map(escapeExpression).join('|'),
});

export const escapeExpression = (text: string): string => text.replace(/[^\p{L}\p{N}_]/gu, '\\$&');

/** For each of these whether a text is like one of its patterns; their parameters are {@link parametersOf}, from $1 on. */
export function toConditions(text: string, all: readonly (readonly TextPattern[])[]): string[] {
  let parameters = 0;
  const toTest = ({ operator }: TextPattern): string => `${text} ${operator} $${++parameters}`;
  return all.map((patterns) => `(${patterns.map(toTest).join(' OR ')})`);
}

export const parametersOf = (all: readonly (readonly TextPattern[])[]): string[] =>
  all.flat().map(({ parameter }) => parameter);
