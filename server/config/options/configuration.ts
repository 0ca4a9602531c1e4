import { path } from '../kinds.ts';
import { option } from '../option.ts';

/** Where options come from. */
export const configuration = {
  conf: option(path, {
    group: 'Configuration',
    default: null,
    shownDefault: 'herbarium.config.js, .mjs or .json, or flowerconfig.py',
    help: 'Config file',
  }),
} as const;
