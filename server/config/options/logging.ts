import { boolean, bytes, choice, integer, path } from '../kinds.ts';
import { option } from '../option.ts';

/** What is said of ourselves, and where. */
export const logging = {
  debug: option(boolean, {
    group: 'Logging',
    default: false,
    help: 'Log at the level debug, unless logging says otherwise',
  }),
  logging: option(choice(['debug', 'info', 'warning', 'error', 'critical', 'none']), {
    group: 'Logging',
    default: 'info',
    help: 'The least level that is logged: debug, info, warning, error, critical or none',
  }),
  log_to_stderr: option(boolean, {
    group: 'Logging',
    default: null,
    shownDefault: 'true without log_file_prefix',
    help: 'Log to the standard error output',
  }),
  log_file_prefix: option(path, {
    group: 'Logging',
    default: null,
    help: 'Log to this file',
  }),
  log_file_max_size: option(bytes(1000), {
    group: 'Logging',
    default: 100_000_000,
    help: 'Size in bytes at which the log file is put aside, as NAME.1, and a new one begun',
  }),
  log_file_num_backups: option(integer(0, 1000), {
    group: 'Logging',
    default: 10,
    help: 'How many log files that were put aside are kept; 0 lets the log file grow',
  }),
} as const;
