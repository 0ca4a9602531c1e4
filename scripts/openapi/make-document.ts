import { join } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';
import type { ApiDocument, JsonSchema } from '../../server/contract/api-document.ts';
import { toApiDocument } from '../../server/http/openapi/document.ts';
import { operations } from '../../server/http/openapi/operations.ts';
import { packageRoot, version } from '../../server/package-root.ts';

/** The document of the API as the sources are now; it takes some seconds, for the compiler reads the types of the answers. */
export function makeApiDocument(): ApiDocument {
  return toApiDocument({ operations, schemas: makeSchemas(), version });
}

/** The types of all answers as schemas, their comments as descriptions. They stay open: a later version may add a field. */
function makeSchemas(): Record<string, JsonSchema> {
  const generator = createGenerator({
    path: join(packageRoot, 'server/http/openapi/answers.ts'),
    tsconfig: join(packageRoot, 'tsconfig.json'),
    type: 'Answers',
    topRef: false,
    additionalProperties: true,
    // The build has done it.
    skipTypeCheck: true,
  });
  const { definitions = {} } = generator.createSchema('Answers');
  const json = JSON.stringify(definitions)
    .replaceAll('"#/definitions/', '"#/components/schemas/')
    .replaceAll(/\{@link (\w+)\}/g, '$1');
  return JSON.parse(json) as Record<string, JsonSchema>;
}
