import { z } from 'zod';

/** Parameters of a query string or a form, which are text, and what Flower says of those that are none of their kind. */

const told = (type: string, input: unknown): string =>
  `Invalid argument '${String(input).slice(0, 100)}' of type '${type}'`;
/** One that must be there. */
export const required = (name: string) => z.string({ error: () => `Missing argument ${name}` });
export const integer = (text: z.ZodString) =>
  text.regex(/^[+-]?\d{1,15}$/, { error: ({ input }) => told('int', input) }).transform(Number);
export const float = z
  .string()
  .regex(/^[+-]?(?:\d{1,15}\.?\d{0,15}|\.\d{1,15})$/, { error: ({ input }) => told('float', input) })
  .transform(Number);
/** In any case: y, yes, t, true, on, 1, and their opposites. */
export const boolean = z
  .string()
  .regex(/^(?:y|yes|t|true|on|1|n|no|f|false|off|0)$/i, { error: ({ input }) => told('bool', input) })
  .transform((text) => /^(?:y|t|on|1)/i.test(text));
