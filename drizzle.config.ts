import { defineConfig } from 'drizzle-kit';

/** One schema, three homes: `npm run db:generate` runs drizzle-kit once for each. */
const homes = {
  'sqlite-catalog': 'sqlite',
  'sqlite-segment': 'sqlite',
  postgres: 'postgresql',
} as const;

const home = process.env['SCHEMA'] as keyof typeof homes | undefined;
if (!home || !(home in homes)) throw new Error(`Set SCHEMA to one of ${Object.keys(homes).join(', ')}.`);

export default defineConfig({
  dialect: homes[home],
  schema: `./server/store/schema/${home}.ts`,
  out: `./migrations/${home}`,
});
