import { beforeEach, describe, expect, it } from 'vitest';
import { suggest } from '../../server/query/suggest.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { FakeSearch } from '../helpers/fake-search.ts';
import { sampleTask } from '../helpers/samples.ts';

let search: FakeSearch;
beforeEach(() => {
  search = new FakeSearch();
  const kwargs = [
    `{'customer': {'id': 7, 'name': 'Ada'}, 'amount': 5}`,
    `{'customer': {'id': 7}, 'odd key': 'x y', 'cut': 'abc...`,
    `no repr`,
    `{'amount': 6}`,
  ];
  search.stored = kwargs.map((text) => toTaskBody(sampleTask({ kwargs: text }), []));
  search.values = {
    state: [
      { value: 'SUCCESS', tasks: 4 },
      { value: 'MY STATE', tasks: 1 },
    ],
    name: [
      { value: 'shop.mail', tasks: 9 },
      { value: 'mail.send', tasks: 3 },
    ],
  };
});

/** `|` is the cursor; what it offers, and the query with the first of it taken. */
async function at(marked: string) {
  const cursor = marked.indexOf('|');
  const q = marked.replace('|', '');
  const { at, end, suggestions } = await suggest(search, { q, cursor }, 1_795_154_400, { deadlineMs: Infinity });
  const [first] = suggestions;
  return { texts: suggestions.map(({ text }) => text), taken: q.slice(0, at) + (first?.text ?? '') + q.slice(end) };
}

describe('suggestions', () => {
  it.each([
    ['sta|', ['state:', 'started:']],
    ['state:FAILURE sort:-r|', ['received', 'runtime', 'retries']],
    ['received:>y|', ['yesterday']],
    ['state:suc|', ['SUCCESS']],
    ['state:FAIL|', ['FAILURE']],
    ['name:mail|', ['mail.send', 'shop.mail']],
    ['kwargs:|', ['customer.', 'amount=', '"odd key"=']],
    ['kwargs:o|', ['"odd key"=', 'customer.', 'amount=']],
    ['kwargs:customer.|', ['id=', 'name=']],
    ['kwargs:customer.id=|', ['7']],
    ['kwargs:"odd key"=x|', ['"x y"']],
    ['args:x|', []],
    ['uuid:x|', []],
  ])('%s', async (marked, texts) => {
    expect((await at(marked)).texts).toEqual(texts);
  });

  it.each([
    ['sta|te b', 'state: b'],
    ['a state:MY| b', 'a state:"MY STATE" b'],
    ['kwargs:cus|', 'kwargs:customer.'],
    ['state:FAILURE,suc|', 'state:FAILURE,SUCCESS'],
    ['st|ate:RETRY', 'state:RETRY'],
    ['b name:"mail.| state:RETRY', 'b name:mail.send state:RETRY'],
  ])('taken in %s make %s', async (marked, taken) => {
    expect((await at(marked)).taken).toBe(taken);
  });

  it.each([
    ['state:FAILURE name:|', { kind: 'state', states: ['FAILURE'] }],
    ['name:| state:FAILURE', { kind: 'state', states: ['FAILURE'] }],
    ['state:FAILURE -name:|', { kind: 'state', states: ['FAILURE'] }],
    ['state:FAILURE NOT name:|', { kind: 'state', states: ['FAILURE'] }],
    ['name:"| state:FAILURE', { kind: 'state', states: ['FAILURE'] }],
    ['state:FAILURE OR name:|', null],
    ['(state:FAILURE name:|', null],
  ])('of %s count tasks that fit the rest', async (marked, where) => {
    await at(marked);
    expect(search.asked).toMatchObject([{ question: 'facets', where, fields: ['name'] }]);
  });

  it('ask the store for what was typed', async () => {
    await at('name:mai|');
    expect(search.asked).toMatchObject([{ where: { kind: 'text', field: 'name', text: 'mai' } }]);
  });

  it('never fail, whatever is typed', async () => {
    for (const text of ['', '"', '(((', 'state:', ':', 'kwargs:=', 'kwargs:"a', '-', 'NOT', 'x'.repeat(2048)]) {
      for (let cursor = 0; cursor <= Math.min(text.length, 12); cursor++) {
        await expect(suggest(search, { q: text, cursor }, 0, { deadlineMs: 0 })).resolves.toBeDefined();
      }
    }
  });
});
