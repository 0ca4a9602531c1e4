import { suggestAmong } from './names.ts';
import type { Option } from './option.ts';
import { findOption, optionNames, type AnyOption, type OptionName } from './options.ts';

/** A flag of one command alone: it has no variable and no key in a config file. */
export type OwnFlag<T> = Omit<Option<T>, 'group'>;
export type OwnFlags = Readonly<Record<string, OwnFlag<unknown>>>;

/** A word without a flag, by its place. */
export interface Operand {
  /** As it is shown: `FILE`. */
  readonly name: string;
  /** One sentence, without a full stop. */
  readonly help: string;
  readonly isOptional?: true;
  /** It takes all that follow; the last one only. */
  readonly takesMany?: true;
}

/** What a command line may hold, of the server or of another command. */
export interface Grammar {
  /** The words it begins with: `herbarium`, `herbarium prune`. */
  readonly words: string;
  /** What it is for, in a sentence or two. */
  readonly description: string;
  readonly operands: readonly Operand[];
  /** Options of the table; of the others nothing is read, wherever they stand. */
  readonly options: readonly OptionName[];
  readonly own: OwnFlags;
}

export const serverGrammar: Grammar = {
  words: 'herbarium',
  description: 'A drop-in Flower with a memory: a monitor for Celery clusters that keeps every event it saw.',
  operands: [],
  options: optionNames,
  own: {},
};

/** A flag of a grammar, shared or its own. */
export interface GrammarFlag {
  readonly name: string;
  readonly isOwn: boolean;
  readonly about: AnyOption | OwnFlag<unknown>;
}

/** Its own first, in their order, as the help has them. */
export function listFlags({ own, options }: Grammar): GrammarFlag[] {
  return [
    ...Object.entries(own).map(([name, about]) => ({ name, isOwn: true, about })),
    ...options.map((name) => ({ name, isOwn: false, about: findOption(name) })),
  ];
}

/** The flag written so: after `--` with `-` or `_`, or as the one letter after `-`. */
export function findFlag(grammar: Grammar, written: string): GrammarFlag | undefined {
  const name = written.replaceAll('-', '_');
  return listFlags(grammar).find((flag) => flag.name === name || flag.about.short === written);
}

/** The flag whose name is most like `written`, when one is like it at all. */
export function suggestFlag(grammar: Grammar, written: string): string | undefined {
  const names = listFlags(grammar).map(({ name }) => name);
  return suggestAmong(names, written.toLowerCase().replaceAll('-', '_'));
}
