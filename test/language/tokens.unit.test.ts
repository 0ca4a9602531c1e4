import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toTokens } from '../../server/language/tokens.ts';
import { trickyText } from '../helpers/arbitrary-queries.ts';

function shown(text: string): string[] {
  return toTokens(text)
    .filter(({ kind }) => kind !== 'space')
    .map(({ kind, at, end }) => `${kind} ${text.slice(at, end)}`);
}

describe('the tokens of a search', () => {
  it.each([
    ['foo AND -(b)', ['word foo', 'keyword AND', 'keyword -', 'parenthesis (', 'word b', 'parenthesis )']],
    ['state:A,"B"', ['qualifier state:', 'value A', 'operator ,', 'quoted "B"']],
    ['name:tasks.*', ['qualifier name:', 'value tasks.', 'operator *']],
    ['args:1,2', ['qualifier args:', 'value 1,2']],
    ['runtime:>=1h..<2h', ['qualifier runtime:', 'operator >=', 'value 1h', 'operator ..', 'operator <', 'value 2h']],
    ['kwargs:a.b=7', ['qualifier kwargs:', 'value a', 'operator .', 'value b', 'operator =', 'value 7']],
    ['http://x', ['word http://x']],
    ['"a \\" b" "c', ['quoted "a \\" b"', 'unclosed "c']],
  ])('of %s', (text, tokens) => {
    expect(shown(text)).toEqual(tokens);
  });

  it('cover every text without a gap', () => {
    fc.assert(
      fc.property(fc.array(trickyText, { maxLength: 20 }), (parts) => {
        const text = parts.join(' ');
        const tokens = toTokens(text);
        expect(tokens.map(({ at, end }) => text.slice(at, end)).join('')).toBe(text);
        expect(tokens.every(({ at, end }, index) => at < end && at === (tokens[index - 1]?.end ?? 0))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
