import type { OptionName } from './options.ts';

/** A value as it was given, not yet looked at. */
export interface Given {
  readonly name: OptionName;
  readonly value: unknown;
  /** Where it stands: `--port`, `FLOWER_PORT`, `flowerconfig.py line 3`. */
  readonly source: string;
}

/** Something that is wrong. `path` is where; neither holds a secret. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** What one place (the command line, the environment, the config file) says. */
export interface Reading {
  /** Those that count most come first. */
  readonly given: Given[];
  readonly problems: Problem[];
  /** Sentences that a person should see, and that do not end the start. */
  readonly notices: string[];
}

export function emptyReading(): Reading {
  return { given: [], problems: [], notices: [] };
}
