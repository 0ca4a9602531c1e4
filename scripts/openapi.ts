/** Writes dist/openapi.json, the document of the API: a step of the build. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../server/package-root.ts';
import { makeApiDocument } from './openapi/make-document.ts';

const folder = join(packageRoot, 'dist');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'openapi.json'), JSON.stringify(makeApiDocument()));
