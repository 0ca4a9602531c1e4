import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggestAt } from '../../server/language/suggest.ts';
import { trickyText } from '../helpers/arbitrary-queries.ts';

/** `|` is the cursor. Answers kind, field, path, prefix, and the text that a choice replaces. */
function at(marked: string): unknown[] {
  const cursor = marked.indexOf('|');
  const text = marked.replace('|', '');
  const { kind, field, path, prefix, span } = suggestAt(text, cursor);
  return [kind, field, path.join('/'), prefix, text.slice(span.at, span.end)];
}

describe('what is being typed', () => {
  it.each([
    ['|', 'qualifier', null, '', '', ''],
    ['sta|', 'qualifier', null, '', 'sta', 'sta'],
    ['a st|ate b', 'qualifier', null, '', 'st', 'state'],
    ['a | b', 'qualifier', null, '', '', ''],
    ['(|', 'qualifier', null, '', '', ''],
    ['-na|', 'qualifier', null, '', 'na', 'na'],
    ['sta|te:FAILURE', 'qualifier', null, '', 'sta', 'state:'],
    ['"some t|ext"', 'text', null, '', 'some t', '"some text"'],
    ['state:|', 'value', 'state', '', '', ''],
    ['state:FA|', 'value', 'state', '', 'FA', 'FA'],
    ['state:FAILURE,RE|', 'value', 'state', '', 'RE', 'RE'],
    ['state:FAIL|,RETRY', 'value', 'state', '', 'FAIL', 'FAIL'],
    ['-name:"my ta|', 'value', 'name', '', 'my ta', '"my ta'],
    ['name:"my ta| state:FAILURE', 'value', 'name', '', 'my ta', '"my ta'],
    ['name:"my| ta state:FAILURE', 'value', 'name', '', 'my', '"my'],
    ['na|me:"my state:FAILURE', 'qualifier', null, '', 'na', 'name:'],
    ['kwargs:cust|', 'kwarg-key', 'kwargs', '', 'cust', 'cust'],
    ['kwargs:customer.|', 'kwarg-key', 'kwargs', 'customer', '', ''],
    ['kwargs:customer.i|d=7', 'kwarg-key', 'kwargs', 'customer', 'i', 'id'],
    ['kwargs:customer.id=|', 'kwarg-value', 'kwargs', 'customer/id', '', ''],
    ['kwargs:customer.id="a b|c"', 'kwarg-value', 'kwargs', 'customer/id', 'a b', '"a bc"'],
    ['received:>tod|', 'value', 'received', '', 'tod', 'tod'],
    ['received:2026-11-01..|', 'value', 'received', '', '', ''],
    ['received:yes|..today', 'value', 'received', '', 'yes', 'yes'],
    ['sort:|', 'sort', 'sort', '', '', ''],
    ['sort:-run|', 'sort', 'sort', '', 'run', 'run'],
  ])('at %s is a %s', (marked, ...expected) => {
    expect(at(marked)).toEqual(expected);
  });

  it('is known at every place of every text', () => {
    fc.assert(
      fc.property(fc.array(trickyText, { maxLength: 10 }), fc.nat(), (parts, place) => {
        const text = parts.join(' ');
        const cursor = place % (text.length + 1);
        const { span } = suggestAt(text, cursor);
        expect(span.at).toBeLessThanOrEqual(cursor);
        expect(span.end).toBeGreaterThanOrEqual(cursor);
        expect(span.end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 2000 },
    );
  });
});
