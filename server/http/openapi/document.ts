/**
 * In: the table of requests, and the schemas of all answers. Out: the OpenAPI 3.1 document of the API. Schemas of
 * requests are made from those that the routes check with, so that a parameter is described as it is accepted. Pure.
 */
import { z } from 'zod';
import type { ApiContent, ApiDocument, ApiOperation, ApiParameter, JsonSchema } from '../../contract/api-document.ts';
import { listRefusals, tags, type Described, type Operation, type RefusalForm } from './operation.ts';

export interface DocumentSources {
  operations: readonly Operation[];
  /** Of every body that an operation answers with, and of what it refers to. */
  schemas: Record<string, JsonSchema>;
  version: string;
}

export function toApiDocument({ operations, schemas, version }: DocumentSources): ApiDocument {
  const paths: ApiDocument['paths'] = {};
  for (const operation of operations) {
    const { path } = toPathTemplate(operation.path);
    paths[path] = { ...paths[path], [operation.method]: toApiOperation(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Herbarium',
      version,
      description:
        'The API of Flower, and more. Times are epoch seconds with fractions. Errors are `{"error", "code"}`, or plain text where Flower answers so.',
      license: { name: 'BSD-3-Clause', identifier: 'BSD-3-Clause' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    security: [{ basic: [] }, {}],
    paths,
    components: {
      schemas,
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'Where the server was started with `--basic-auth`.' },
      },
    },
  };
}

/** `/api/task/info/*id` → `/api/task/info/{id}`, and `id`. */
export function toPathTemplate(path: string): { path: string; rest: string | null } {
  const rest = /\*(\w+)$/.exec(path)?.[1] ?? null;
  return { path: path.replace(/\*(\w+)$/, '{$1}'), rest };
}

function toApiOperation(operation: Operation): ApiOperation {
  const { id, tag, summary, description, answer, isOpen } = operation;
  const ok: ApiContent =
    'json' in answer
      ? { 'application/json': { schema: { $ref: `#/components/schemas/${answer.json}` } } }
      : Object.fromEntries(answer.text.map((type) => [type, { schema: type === 'application/json' ? {} : text }]));
  const refusals = Object.entries(listRefusals(operation)).map(
    ([status, form]) =>
      [status, { description: refusalMeanings[Number(status)] ?? '', content: refusalContent[form!] }] as const,
  );
  const requestBody = toRequestBody(operation);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: toParameters(operation),
    ...(requestBody && { requestBody }),
    responses: { 200: { description: 'It was done.', content: ok }, ...Object.fromEntries(refusals), default: failure },
    ...(isOpen && { security: [] }),
  };
}

const text: JsonSchema = { type: 'string' };
const error: ApiContent = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } };
const sentence: ApiContent = { 'text/plain': { schema: text } };
const refusalContent: Record<RefusalForm, ApiContent> = {
  json: error,
  text: sentence,
  both: { ...error, ...sentence },
};

const failure = { description: 'Something else went wrong.', content: error };

const refusalMeanings: Record<number, string> = {
  400: 'What was sent cannot be: the answer says what is wrong with it.',
  401: 'A sign-in is needed, or, as plain text, there is none and `FLOWER_UNAUTHENTICATED_API` is not set.',
  403: 'The worker does not do it, the server is `--read-only`, or a page of another origin asks.',
  404: 'There is no such task, or no such worker.',
  413: 'What was sent is too long.',
  501: 'It is not supported here.',
  503: 'The broker, the store or the result backend cannot be reached now, or there is none.',
};

function toParameters({ path, rest: about, query, form }: Operation): ApiParameter[] {
  const { rest } = toPathTemplate(path);
  const inPath: ApiParameter[] =
    rest === null
      ? []
      : [{ name: rest, in: 'path', required: true, description: `${about}; percent-encoded.`, schema: text }];
  return [...inPath, ...toQuery(query, true), ...toQuery(form, false)];
}

function toQuery(described: Described | undefined, areDemanded: boolean): ApiParameter[] {
  if (described === undefined) return [];
  const { properties = {}, required = [] } = toJsonSchema(described);
  return Object.entries(properties).map(([name, { description = '', ...schema }]) => ({
    name,
    in: 'query',
    required: areDemanded && required.includes(name),
    description,
    schema,
  }));
}

function toRequestBody({ form, body }: Operation): ApiOperation['requestBody'] {
  const described = form ?? body;
  if (described === undefined) return undefined;
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
  const description = form
    ? 'The same parameters; one that stands in both places is taken from here.'
    : 'Without one, it is `{}`.';
  return { description, required: false, content: { [type]: { schema: toJsonSchema(described) } } };
}

function toJsonSchema({ schema, about }: Described): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // A number in a query string is text that fits a pattern, and is told by its type.
    override: ({ jsonSchema }) => {
      if (jsonSchema.type !== 'string') delete jsonSchema.pattern;
    },
  });
  const { $schema: _, properties = {}, ...rest } = made as JsonSchema;
  const told = Object.entries(properties).map(([name, property]) => [
    name,
    { description: `${about[name]}.`, ...property },
  ]);
  return { ...rest, properties: Object.fromEntries(told) as Record<string, JsonSchema> };
}
