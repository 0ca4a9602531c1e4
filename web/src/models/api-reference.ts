import type { ApiDocument, ApiOperation, JsonSchema } from '../../../server/contract/api-document.ts';

/** The document of the API as the page shows it: requests under headings, each with what it takes and answers. Pure. */
export interface ApiSection {
  name: string;
  description: string;
  requests: ApiRequest[];
}

export interface ApiRequest {
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  fields: ApiField[];
  answers: ApiAnswer[];
}

/** A parameter, or a field of a body. */
export interface ApiField {
  name: string;
  where: 'path' | 'query' | 'query or form' | 'body';
  type: string;
  isRequired: boolean;
  description: string;
}

export interface ApiAnswer {
  status: string;
  description: string;
  types: string[];
  /** Of JSON. */
  schema: JsonSchema | undefined;
}

/** One line of a schema that is opened. */
export interface SchemaField {
  name: string;
  type: string;
  isRequired: boolean;
  description: string;
  schema: JsonSchema;
}

type Schemas = Readonly<Record<string, JsonSchema>>;

export function toSections({ tags, paths }: ApiDocument): ApiSection[] {
  const requests = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      tag: operation.tags[0],
      request: toRequest(path, method, operation),
    })),
  );
  return tags.map(({ name, description }) => ({
    name,
    description,
    requests: requests.filter(({ tag }) => tag === name).map(({ request }) => request),
  }));
}

/** Those that hold all words of the text, anywhere; a heading without any is left out. */
export function filterSections(sections: readonly ApiSection[], text: string): ApiSection[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = ({ id, method, path, summary, fields }: ApiRequest): boolean => {
    const all = [id, method, path, summary, ...fields.map(({ name }) => name)].join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  };
  return sections
    .map((section) => ({ ...section, requests: section.requests.filter(holds) }))
    .filter(({ requests }) => requests.length > 0);
}

function toRequest(path: string, method: string, operation: ApiOperation): ApiRequest {
  const { operationId: id, summary, description = '', responses } = operation;
  const answers = Object.entries(responses).map(([status, { description: meaning, content }]) => ({
    status,
    description: meaning,
    types: Object.keys(content),
    schema: content['application/json']?.schema,
  }));
  return { id, method: method.toUpperCase(), path, summary, description, fields: toFields(operation), answers };
}

function toFields({ parameters, requestBody }: ApiOperation): ApiField[] {
  const [type = '', body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const isForm = type.includes('form');
  const demanded = body?.schema.required ?? [];
  const fromBody = isForm ? {} : (body?.schema.properties ?? {});
  return [
    ...parameters.map(({ name, in: place, required, description, schema }) => ({
      name,
      where: place === 'query' && isForm ? ('query or form' as const) : place,
      type: toTypeText(schema),
      isRequired: required || (isForm && demanded.includes(name)),
      description,
    })),
    ...Object.entries(fromBody).map(([name, schema]) => ({
      name,
      where: 'body' as const,
      type: toTypeText(schema),
      isRequired: demanded.includes(name),
      description: schema.description ?? '',
    })),
  ];
}

/** As TypeScript would write it: `string | null`, `TaskBody[]`, `{ [name]: TaskBody }`. */
export function toTypeText(schema: JsonSchema): string {
  const { $ref, anyOf, type, items, properties, additionalProperties } = schema;
  if ($ref !== undefined) return toName($ref);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (anyOf) return [...new Set(anyOf.map(toTypeText))].join(' | ');
  if (type === 'array') return toListText(toTypeText(items ?? {}));
  if (type === 'object' && !properties && typeof additionalProperties === 'object') {
    return `{ [name]: ${toTypeText(additionalProperties)} }`;
  }
  if (type === undefined) return schema['not'] ? 'nothing' : 'any';
  return Array.isArray(type) ? type.join(' | ') : type;
}

const toListText = (item: string): string => (item.includes(' ') ? `(${item})[]` : `${item}[]`);

/** What is in an object, in those of a list or of a map; of several forms, each as a line of its own. */
export function listSchemaFields(schema: JsonSchema, schemas: Schemas): SchemaField[] {
  const { $ref, anyOf, items, properties, required = [], additionalProperties } = schema;
  if ($ref !== undefined) return listSchemaFields(schemas[toName($ref)] ?? {}, schemas);
  if (items) return listSchemaFields(items, schemas);
  if (anyOf) {
    const telling = anyOf.filter((form) => listSchemaFields(form, schemas).length > 0);
    if (telling.length === 1) return listSchemaFields(telling[0]!, schemas);
    return telling.map((form) => toSchemaField('or', form, true));
  }
  if (properties) {
    return Object.entries(properties).map(([name, field]) => toSchemaField(name, field, required.includes(name)));
  }
  return typeof additionalProperties === 'object' ? listSchemaFields(additionalProperties, schemas) : [];
}

function toSchemaField(name: string, schema: JsonSchema, isRequired: boolean): SchemaField {
  return { name, type: toTypeText(schema), isRequired, description: schema.description ?? '', schema };
}

function toName(reference: string): string {
  return reference.replace('#/components/schemas/', '');
}

/** The address with what was filled in; what is empty is left out, but for the parts of the path. */
export function toAddress({ path, fields }: ApiRequest, values: Readonly<Record<string, string>>): string {
  const filled = path.replace(/\{(\w+)\}/g, (whole, name: string) =>
    values[name] ? encodeURIComponent(values[name]) : whole,
  );
  const query = new URLSearchParams();
  for (const { name, where } of fields) if (where.startsWith('query') && values[name]) query.set(name, values[name]);
  const text = query.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

/** A line for a shell. `server`: its address with the prefix. */
export function toCurl(request: ApiRequest, values: Readonly<Record<string, string>>, server: string): string {
  const words = ['curl'];
  if (request.method !== 'GET') words.push('-X', request.method);
  if (request.fields.some(({ where }) => where === 'body')) {
    words.push('-H', quote('Content-Type: application/json'), '-d', quote(values['body'] || '{}'));
  }
  return [...words, quote(server.replace(/\/$/, '') + toAddress(request, values))].join(' ');
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
