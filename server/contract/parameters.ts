import { z } from 'zod';

/**
 * Parameters of a query string or a form, which are text, and what Flower says of those that are none of their kind.
 * `meta`: what kind of text it is, for the document of the API.
 */

const told = (type: string, input: unknown): string =>
  `Invalid argument '${String(input).slice(0, 100)}' of type '${type}'`;
/** One that must be there. */
export const required = (name: string) => z.string({ error: () => `Missing argument ${name}` });
export const integer = (text: z.ZodString) =>
  text
    .regex(/^[+-]?\d{1,15}$/, { error: ({ input }) => told('int', input) })
    .transform(Number)
    .meta({ type: 'integer' });
export const float = z
  .string()
  .regex(/^[+-]?(?:\d{1,15}\.?\d{0,15}|\.\d{1,15})$/, { error: ({ input }) => told('float', input) })
  .transform(Number)
  .meta({ type: 'number' });
/** In any case: y, yes, t, true, on, 1, and their opposites. */
export const boolean = z
  .string()
  .regex(/^(?:y|yes|t|true|on|1|n|no|f|false|off|0)$/i, { error: ({ input }) => told('bool', input) })
  .transform((text) => /^(?:y|t|on|1)/i.test(text))
  .meta({ type: 'boolean' });

/** Whole, with the name of the parameter in the error. */
export const wholeNumber = (name: string) =>
  z
    .string()
    .regex(/^[+-]?\d{1,15}$/, {
      error: (issue) => `Invalid ${name} '${String(issue.input)}': a whole number is needed`,
    })
    .transform(Number)
    .meta({ type: 'integer' });

/** The year 10000 in epoch seconds. */
const endOfTime = 253_402_300_800;

const accepted = 'epoch seconds, or a date and time such as 2026-11-20T06:00:00Z';
const isoDateTime = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** → epoch seconds. Without a zone: the server's; without a time: midnight UTC, as JavaScript and ISO 8601 have it. */
export const moment = (name: string) =>
  z.string().transform((text, context): number => {
    const seconds = readMoment(text.trim());
    if (seconds >= 0 && seconds < endOfTime) return seconds;
    context.addIssue({ code: 'custom', message: `Invalid ${name} '${text}': ${accepted} is needed` });
    return z.NEVER;
  });

function readMoment(text: string): number {
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Number(text);
  // The + of a zone, which nobody encodes, arrives as a space.
  const iso = text.replace(/^(\S+T\S+) (\d{2}:?\d{2})$/, '$1+$2');
  return isoDateTime.test(iso) ? Date.parse(iso) / 1000 : NaN;
}

/** The length of a bucket of time. */
export const seconds = (name: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, {
      error: (issue) => `Invalid ${name} '${String(issue.input)}': a whole number of seconds is needed`,
    })
    .transform(Number)
    .refine((step) => step > 0, `Invalid ${name}: it must not be 0`)
    .meta({ type: 'integer', minimum: 1 });
