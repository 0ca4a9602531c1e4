/** `GET /api/openapi.json`: an OpenAPI 3.1 document, as far as ours goes; the page at `/docs` is made from it. */
export interface ApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  /** One: where this server is, its prefix included. */
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  security: Record<string, string[]>[];
  /** By path, then by method in small letters. */
  paths: Record<string, Record<string, ApiOperation>>;
  components: {
    schemas: Record<string, JsonSchema>;
    securitySchemes: Record<string, { type: string; scheme: string; description: string }>;
  };
}

export interface ApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters: ApiParameter[];
  requestBody?: { description: string; required: boolean; content: ApiContent };
  /** By status. */
  responses: Record<string, { description: string; content: ApiContent }>;
  security?: Record<string, string[]>[];
}

export interface ApiParameter {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  description: string;
  schema: JsonSchema;
}

/** By media type. */
export type ApiContent = Record<string, { schema: JsonSchema }>;

/** JSON Schema 2020-12; the keywords that the page shows have names. */
export interface JsonSchema {
  /** `#/components/schemas/NAME` */
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  additionalProperties?: boolean | JsonSchema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  [keyword: string]: unknown;
}
