import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../server/contract/api-document.ts';
import { toApiDocument } from '../../server/http/openapi/document.ts';
import { operations } from '../../server/http/openapi/operations.ts';
import {
  filterSections,
  listSchemaFields,
  toAddress,
  toCurl,
  toSections,
  toTypeText,
} from '../../web/src/models/api-reference.ts';

const sections = toSections(toApiDocument({ operations, schemas: {}, version: '1' }));
const find = (id: string) => sections.flatMap(({ requests }) => requests).find((request) => request.id === id)!;

describe('the page of the API', () => {
  it('has every request, under its heading', () => {
    expect(sections.flatMap(({ requests }) => requests.map(({ id }) => id))).toEqual(operations.map(({ id }) => id));
    expect(sections.every(({ requests }) => requests.length > 0)).toBe(true);
  });

  it('shows a parameter that may stand in a form once, and whether it has to be there', () => {
    expect(
      find('autoscalePool').fields.map(({ name, where, type, isRequired }) => [name, where, type, isRequired]),
    ).toEqual([
      ['worker', 'path', 'string', true],
      ['min', 'query or form', 'integer', true],
      ['max', 'query or form', 'integer', true],
    ]);
    expect(find('retryTask').fields.map(({ name, where }) => [name, where])).toEqual([
      ['id', 'path'],
      ['args', 'body'],
      ['kwargs', 'body'],
      ['queue', 'body'],
    ]);
  });

  it('finds requests by all words of a filter', () => {
    const found = filterSections(sections, 'POST  rate').flatMap(({ requests }) => requests.map(({ id }) => id));
    expect(found).toEqual(['setRateLimit']);
    expect(filterSections(sections, 'nowhere')).toEqual([]);
  });

  it('writes the address and the command as they were filled in, whatever is in them', () => {
    expect(toAddress(find('search'), { q: 'name:a b&c', limit: '' })).toBe('/api/search?q=name%3Aa+b%26c');
    expect(toAddress(find('readTask'), { id: 'a/b c' })).toBe('/api/task/info/a%2Fb%20c');
    expect(toCurl(find('sendTask'), { name: 'shop.add', body: `{"args": ["it's"]}` }, 'http://h/flower')).toBe(
      `curl -X POST -H 'Content-Type: application/json' -d '{"args": ["it'\\''s"]}' 'http://h/flower/api/task/send-task/shop.add'`,
    );
    expect(toCurl(find('checkHealth'), {}, 'http://h')).toBe(`curl 'http://h/healthcheck'`);
  });
});

describe('a schema', () => {
  const schemas: Record<string, JsonSchema> = {
    Leaf: { type: 'object', properties: { name: { type: ['string', 'null'] } }, required: ['name'] },
    Tree: { type: 'object', properties: { leaves: { type: 'array', items: { $ref: '#/components/schemas/Leaf' } } } },
  };

  it.each<[JsonSchema, string]>([
    [{ $ref: '#/components/schemas/Leaf' }, 'Leaf'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: 'array', items: { type: ['string', 'null'] } }, '(string | null)[]'],
    [{ type: 'object', additionalProperties: { $ref: '#/components/schemas/Leaf' } }, '{ [name]: Leaf }'],
    [{ anyOf: [{ const: 1 }, { enum: ['a', 'b'] }] }, '1 | "a" | "b"'],
    [{}, 'any'],
  ])('%j is written as %s', (schema, text) => expect(toTypeText(schema)).toBe(text));

  it('opens to the fields of what it holds, also of what it refers to', () => {
    const [leaves] = listSchemaFields({ $ref: '#/components/schemas/Tree' }, schemas);
    expect(leaves).toMatchObject({ name: 'leaves', type: 'Leaf[]', isRequired: false });
    expect(listSchemaFields(leaves!.schema, schemas)).toMatchObject([{ name: 'name', type: 'string | null' }]);
    expect(listSchemaFields({ type: 'string' }, schemas)).toEqual([]);
  });
});
