import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ApiDocument, ApiOperation, JsonSchema } from '../../server/contract/api-document.ts';

export interface GivenAnswer {
  method: string;
  /** Of the request, without the query string. */
  path: string;
  status: number;
  contentType: string;
  text: string;
}

/**
 * Holds answers against the document: their status, their type and their body. A field that the document does not name
 * is wrong here, although its schemas are open for those that come later.
 */
export class AnswerCheck {
  readonly #document: ApiDocument;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #paths: { pattern: RegExp; operations: Record<string, ApiOperation> }[];

  constructor(document: ApiDocument) {
    this.#document = closeObjects(document) as ApiDocument;
    this.#ajv.addSchema({ $id: 'api:', components: this.#document.components });
    this.#paths = Object.entries(document.paths)
      .sort(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{')))
      .map(([path, operations]) => ({ pattern: toPattern(path), operations }));
  }

  /** What does not fit the document; empty when all of it does. */
  findFaults({ method, path, status, contentType, text }: GivenAnswer): string[] {
    const operation = this.#paths.find(({ pattern }) => pattern.test(path))?.operations[method.toLowerCase()];
    if (operation === undefined) return [`${method} ${path} is not in the document`];
    const content = operation.responses[status]?.content;
    if (content === undefined) return [`${method} ${path} may not answer ${status}: ${text}`];
    const schema = content[contentType.replace(/;.*/, '')]?.schema;
    if (schema === undefined) return [`${method} ${path} may not answer ${status} as ${contentType}`];
    if (!contentType.startsWith('application/json')) return [];
    return this.#findFaultsOfBody(schema, JSON.parse(text)).map((fault) => `${method} ${path}, ${status}: ${fault}`);
  }

  #findFaultsOfBody(schema: JsonSchema, body: unknown): string[] {
    const toOurs = JSON.stringify(schema).replaceAll('"#/', '"api:#/');
    const check = this.#ajv.compile(JSON.parse(toOurs) as object);
    if (check(body)) return [];
    return (check.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath || 'the body', message, JSON.stringify(params)].join(' '),
    );
  }
}

function toPattern(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\{\w+\}/g, '.+')}$`);
}

function closeObjects(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closeObjects);
  if (typeof node !== 'object' || node === null) return node;
  const closed = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closeObjects(value)]));
  const isObjectSchema = closed['type'] === 'object' && 'properties' in closed && !('additionalProperties' in closed);
  return isObjectSchema ? { ...closed, additionalProperties: false } : closed;
}
