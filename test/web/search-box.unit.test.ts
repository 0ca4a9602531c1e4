import { describe, expect, it } from 'vitest';
import { toAlternatives } from '../../server/language/query-error.ts';
import { applySuggestion, findError, toStretches } from '../../web/src/models/search-box.ts';

const clock = { now: 1_795_000_000 };

describe('what is wrong with a text', () => {
  it('is said with its place, and with what would be right', () => {
    expect(findError('name:mail runtime:long', clock)).toMatchObject({
      message: "Invalid value 'long' of runtime",
      at: 18,
      end: 22,
    });
    expect(findError('(mail', clock)).toMatchObject({ at: 0, expected: [')'] });
  });

  it('is nothing when there is nothing, or all is well', () => {
    expect(findError('  ', clock)).toBeNull();
    expect(findError('state:FAILURE args:"hello world"', clock)).toBeNull();
  });

  it('is listed as one says it', () => {
    expect(toAlternatives(['a', 'b', 'c'])).toBe('a, b or c');
    expect(toAlternatives(['a'])).toBe('a');
  });
});

describe('the colours of a text', () => {
  const shown = (text: string) => toStretches(text, findError(text, clock));

  it('leave out no character', () => {
    for (const text of ['', '  a', 'state:FAILURE -x OR (y "z w")', 'runtime:lo"ng', '"open'])
      expect(
        shown(text)
          .map((stretch) => stretch.text)
          .join(''),
      ).toBe(text);
  });

  it('mark what is wrong and nothing else', () => {
    const wrong = shown('name:mail runtime:long').filter((stretch) => stretch.isWrong);
    expect(wrong.map(({ text }) => text).join('')).toBe('long');
  });
});

describe('a suggestion that is chosen', () => {
  it('takes the place of what was typed, with a space behind what is whole', () => {
    expect(applySuggestion('state:FA', { at: 6, end: 8 }, { kind: 'value', text: 'FAILURE', tasks: 3 })).toEqual({
      text: 'state:FAILURE ',
      cursor: 14,
    });
  });

  it('lets one go on in the middle, and behind a qualifier', () => {
    expect(applySuggestion('nam mail', { at: 0, end: 3 }, { kind: 'qualifier', text: 'name:' })).toEqual({
      text: 'name: mail',
      cursor: 5,
    });
  });
});
