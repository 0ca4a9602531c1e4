/** The headings under which options are listed, in the order of the help and the README. */
export const optionGroups = [
  'Broker',
  'Storage',
  'Web server',
  'Access',
  'Workers and tasks',
  'Pages',
  'Logging',
  'Configuration',
] as const;

export type OptionGroup = (typeof optionGroups)[number];

/** How an option's value is written, and what it becomes. */
export interface Kind<T> {
  /** What stands for the value in the help: `ms`, `url`. */
  readonly placeholder: string;
  /** Ends the sentence "this option accepts …". */
  readonly accepts: string;
  /** Takes text (a flag, a variable) or the value of a config file; `undefined` when it is none of what is accepted. */
  readonly read: (raw: unknown) => T | undefined;
  /** The flag needs no value, and has a `--no-` form. */
  readonly isSwitch?: true;
  /** A place in the file system, given from the folder the program was started in. */
  readonly isPath?: true;
}

/** Which part of a value must never be shown. */
export type SecretPart =
  | 'all of it'
  /** What stands before the `@` of URLs, and parameters that are named like a secret. */
  | 'of a url'
  /** What stands after the `:` of each `user:password`. */
  | 'passwords'
  /** Every string of an object but those known to be harmless. */
  | 'of an object';

interface About {
  readonly group: OptionGroup;
  /** One sentence, without a full stop. */
  readonly help: string;
  /** The default as a person reads it, where the value itself does not say it. */
  readonly shownDefault?: string;
  /** One letter: `b` for `-b`. */
  readonly short?: string;
  /** Variables besides HERBARIUM_X and FLOWER_X, which come first. */
  readonly env?: readonly string[];
  /** Keys in a config file besides the name. */
  readonly fileKeys?: readonly string[];
  /** Not one of Flower's: there is no FLOWER_X. */
  readonly isNew?: true;
  readonly secret?: SecretPart;
  /**
   * It does nothing yet: setting it ends the start, because it would keep people or data out of sight, and serving
   * without it would be worse than not serving.
   */
  readonly isPending?: true;
}

/** One option: everything there is to know of it. */
export interface Option<T> extends About {
  readonly kind: Kind<NonNullable<T>>;
  readonly default: T;
}

export function option<T extends NonNullable<unknown>>(
  kind: Kind<T>,
  about: About & { default: NoInfer<T> },
): Option<T>;
export function option<T extends NonNullable<unknown>>(
  kind: Kind<T>,
  about: About & { default: null },
): Option<T | null>;
export function option<T extends NonNullable<unknown>>(
  kind: Kind<T>,
  about: About & { default: T | null },
): Option<T | null> {
  return { ...about, kind };
}
