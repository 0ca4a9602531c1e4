import type { z } from 'zod';
import type { Answers } from './answers.ts';

/** The headings under which requests are listed, in their order. */
export const tags = {
  Tasks: 'What became of tasks, as it is stored.',
  Search: 'Questions in the language for searches, and all that a search finds as a file.',
  Workers: 'What workers say of themselves, and orders to one of them. Whatever is sent is checked first.',
  Orders: 'Orders that are about a task, or about all tasks of a name.',
  Calls: 'Tasks that are sent to workers, and what came of them.',
  Queues: 'What waits, and the broker that holds it.',
  Server: 'Herbarium itself, and how much of what happened it saw.',
} as const;

/** A schema that a route checks its parameters or its body with, and what each of them means. */
export interface Described {
  readonly schema: z.ZodObject;
  readonly about: Readonly<Record<string, string>>;
}

/** None of the schema's parameters can be left out of the description, and none be added to it. */
export function described<Schema extends z.ZodObject>(
  schema: Schema,
  about: Readonly<Record<keyof Schema['shape'] & string, string>>,
): Described {
  return { schema, about };
}

/** JSON of one of the {@link Answers}, or text of some media types. */
export type Answer = { json: keyof Answers } | { text: readonly string[] };

/** In which form a refusal comes: most of Flower's are plain text, where its clients look for exactly that. */
export type RefusalForm = 'json' | 'text' | 'both';

/** One request that the API answers. */
export interface Operation {
  /** By which generated clients name it. */
  readonly id: string;
  readonly tag: keyof typeof tags;
  readonly method: 'get' | 'post';
  /** As the router has it, under the whole site: `/api/task/info/*id`; what stands behind `*` is the rest of the path. */
  readonly path: string;
  /** One sentence, without a full stop. */
  readonly summary: string;
  readonly description?: string;
  /** What the rest of the path is. */
  readonly rest?: string;
  readonly query?: Described;
  /** Parameters that may stand in the query string, or in a form, which counts more. */
  readonly form?: Described;
  /** JSON; it may be left out. */
  readonly body?: Described;
  readonly answer: Answer;
  /** Statuses besides 200, besides those that come with the kind of request: see {@link listRefusals}. */
  readonly refusals?: ReturnType<typeof listRefusals>;
  /** No sign-in is asked for. */
  readonly isOpen?: true;
}

/** What each request may be refused with. */
export function listRefusals(operation: Operation): Readonly<Partial<Record<number, RefusalForm>>> {
  const { method, query, form, body, isOpen, refusals } = operation;
  return {
    ...((query ?? body) && { 400: 'json' as const }),
    ...(form && { 400: 'text' as const }),
    ...(isOpen !== true && { 401: 'both' as const }),
    // To a page of another origin as JSON, with `read_only` as Flower says it.
    ...(method === 'post' && { 403: 'both' as const, 413: 'json' as const, 503: 'json' as const }),
    ...refusals,
  };
}
