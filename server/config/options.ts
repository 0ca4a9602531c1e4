/**
 * THE table of options. The command line, the variables, the config file, the help and the README all come from it; an
 * option that is not here does not exist. Names and defaults are Flower's, but for persistent (true), db (a folder or a
 * postgres:// URL) and state_save_interval (10000); those with `isNew` are Herbarium's own.
 */
import {
  address,
  authProvider,
  credentials,
  database,
  emailPatterns,
  taskFormatter,
  urlPrefix,
} from './access-kinds.ts';
import {
  age,
  boolean,
  buckets,
  bytes,
  celeryUrl,
  choice,
  choices,
  duration,
  httpUrl,
  integer,
  jsonObject,
  keysAndPatterns,
  path,
  text,
  textList,
} from './kinds.ts';
import { option, type Option, type OptionGroup } from './option.ts';

const most = Number.MAX_SAFE_INTEGER;
const dayMs = 86_400_000;

const broker = {
  broker: option(celeryUrl, {
    group: 'Broker',
    short: 'b',
    env: ['CELERY_BROKER_URL'],
    fileKeys: ['broker_url', 'BROKER_URL', 'CELERY_BROKER_URL'],
    default: 'amqp://guest:guest@localhost:5672//',
    secret: 'of a url',
    help: "URL of the broker, as in Celery's broker_url; several to fail over to stand with ; between",
  }),
  broker_transport_options: option(jsonObject, {
    group: 'Broker',
    isNew: true,
    default: {},
    shownDefault: '{}',
    secret: 'of an object',
    help: "Celery's setting of this name, as JSON: global_keyprefix, fanout_prefix, fanout_patterns, master_name, sentinel_kwargs and so on",
  }),
  broker_api: option(httpUrl, {
    group: 'Broker',
    default: null,
    secret: 'of a url',
    help: "URL of RabbitMQ's management API, such as http://user:password@localhost:15672/api/",
  }),
  queues: option(textList, {
    group: 'Broker',
    isNew: true,
    default: [],
    shownDefault: 'none',
    help: 'Queues to look at besides those that workers consume',
  }),
  queue_interval: option(duration('s', 0, 86_400), {
    group: 'Broker',
    isNew: true,
    default: 10,
    help: 'Seconds between two looks at the queues; 0: only when asked, and no history of them',
  }),
  result_backend: option(celeryUrl, {
    group: 'Broker',
    env: ['CELERY_RESULT_BACKEND'],
    fileKeys: ['CELERY_RESULT_BACKEND'],
    default: null,
    secret: 'of a url',
    help: "URL of the result backend, as in Celery's setting of this name: Redis in any of its forms, rpc://, db+postgresql://, db+mysql://, db+mariadb:// or db+sqlite:///",
  }),
  result_backend_transport_options: option(jsonObject, {
    group: 'Broker',
    isNew: true,
    default: {},
    shownDefault: '{}',
    secret: 'of an object',
    help: "Celery's setting of this name, as JSON: global_keyprefix, master_name, sentinel_kwargs",
  }),
  enable_events: option(boolean, {
    group: 'Broker',
    default: true,
    help: 'Tell the workers every 5 s to send events',
  }),
  event_exchange: option(text('a name', 'name', /\S/), {
    group: 'Broker',
    isNew: true,
    default: 'celeryev',
    help: "Exchange of events, as in Celery's setting of this name",
  }),
  control_exchange: option(text('a name', 'name', /\S/), {
    group: 'Broker',
    isNew: true,
    default: 'celery',
    help: "Exchange of control messages, as in Celery's setting of this name",
  }),
  events_queue: option(choice(['durable', 'transient']), {
    group: 'Broker',
    isNew: true,
    default: 'durable',
    help: 'On RabbitMQ, whether the queue of events outlives Herbarium and keeps what happens while it is down',
  }),
  events_queue_name: option(text('a name', 'name', /\S/), {
    group: 'Broker',
    isNew: true,
    default: null,
    shownDefault: 'made from the id of the store',
    help: 'On RabbitMQ, the name of the queue of events',
  }),
  events_queue_expires: option(duration('s', 1, 4_294_967), {
    group: 'Broker',
    isNew: true,
    default: 3600,
    help: 'On RabbitMQ, after how many seconds without Herbarium the queue removes itself',
  }),
  events_queue_max_bytes: option(bytes(1024), {
    group: 'Broker',
    isNew: true,
    default: 2 ** 30,
    shownDefault: '1GiB',
    help: 'On RabbitMQ, how many bytes the queue may hold; the oldest events give way, which is noted as a gap',
  }),
  events_prefetch: option(integer(1, 65_535), {
    group: 'Broker',
    isNew: true,
    // 206,000 events flat out, in µs of CPU an event and MB of memory at the peak: 1,000: 29.6, 305; 2,000: 27.2, 315;
    // 5,000: 24.3, 322; 10,000: 22.2, 375; 20,000: 23.2, 348. All were stored 1 to 5 s after the last was published.
    default: 5000,
    help: 'On RabbitMQ, how many messages, of an event or a group of them, may be in memory, not yet stored; the rest waits in the queue',
  }),
} as const;

const storage = {
  db: option(database, {
    group: 'Storage',
    default: 'herbarium',
    secret: 'of a url',
    help: 'Where history is kept: a folder, or a postgres:// URL',
  }),
  persistent: option(boolean, {
    group: 'Storage',
    default: true,
    help: 'Keep history over restarts',
  }),
  state_save_interval: option(duration('ms', 0, dayMs), {
    group: 'Storage',
    default: 10_000,
    help: 'Milliseconds between snapshots of live state; what a start needs is saved every second at least, also with 0',
  }),
  flush_interval: option(duration('ms', 10, 60_000), {
    group: 'Storage',
    isNew: true,
    default: 500,
    help: 'Milliseconds between commits of events',
  }),
  max_backlog_bytes: option(bytes(16 * 2 ** 20), {
    group: 'Storage',
    isNew: true,
    default: 32 * 2 ** 20,
    shownDefault: '32MiB',
    help: 'How many bytes of events that are not stored yet may wait in memory; beyond it they go to the spool; RabbitMQ keeps its own, see events_prefetch',
  }),
  spool: option(path, {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'spool in the folder of db; herbarium-spool with Postgres',
    help: 'Folder for events for which there is no memory, until they are stored; each Herbarium needs its own',
  }),
  spool_max_bytes: option(bytes(0), {
    group: 'Storage',
    isNew: true,
    default: 2 ** 30,
    shownDefault: '1GiB',
    help: 'How many bytes the spool may hold; events beyond it are lost, which is noted as a gap; 0: there is no spool',
  }),
  redact: option(keysAndPatterns, {
    group: 'Storage',
    isNew: true,
    default: [],
    shownDefault: 'nothing',
    help: 'Names of keys (password, secret_*) whose values are taken out of arguments, results and errors before they are stored, and /patterns/ of what is, in RE2 syntax',
  }),
  max_field_length: option(integer(256, 2 ** 29), {
    group: 'Storage',
    isNew: true,
    default: 65_536,
    help: 'How many characters of one field of an event are stored; what is cut off is counted at its end',
  }),
  segment_tasks: option(integer(1000, most), {
    group: 'Storage',
    isNew: true,
    default: 1_000_000,
    help: 'How many tasks go into one segment of history: a file on SQLite, a partition on Postgres',
  }),
  segment_hours: option(duration('h', 1, 24 * 366), {
    group: 'Storage',
    isNew: true,
    default: 24,
    help: 'How many hours go into one segment of history; a new one begins at whichever bound comes first',
  }),
  retention: option(age, {
    group: 'Storage',
    isNew: true,
    default: null,
    // What nobody asked to be thrown away is not: a history that ends by itself is found out on the day it is needed.
    shownDefault: 'for ever',
    help: 'How long tasks are kept, counted from when their segment was full: 12h, 30d, 8w',
  }),
  retention_failures: option(age, {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'as retention',
    help: 'How long tasks that failed are kept, when that is longer than retention',
  }),
  retention_events: option(age, {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'as long as their tasks',
    help: 'How long the events of a task are kept, when that is shorter than the task itself',
  }),
  retention_metrics: option(age, {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'for ever',
    pending: 'notice',
    help: 'How long metrics over time are kept',
  }),
  max_db_size: option(bytes(2 ** 20), {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'no limit',
    help: 'How many bytes history may take: beyond it the oldest segments go, whatever their age: 500MiB, 20GB',
  }),
} as const;

const webServer = {
  address: option(address, {
    group: 'Web server',
    default: '',
    shownDefault: 'all addresses',
    help: 'Address to listen on',
  }),
  port: option(integer(0, 65_535), {
    group: 'Web server',
    default: 5555,
    help: 'Port to listen on; 0 takes any that is free',
  }),
  unix_socket: option(path, {
    group: 'Web server',
    default: null,
    help: 'Listen on this Unix socket, and on no port',
  }),
  url_prefix: option(urlPrefix, {
    group: 'Web server',
    default: '',
    shownDefault: 'none',
    help: 'Path under which everything stands, behind a reverse proxy',
  }),
  query_timeout: option(duration('s', 0.1, 3600), {
    group: 'Web server',
    isNew: true,
    default: 5,
    help: 'Seconds a search may take; what is found by then is answered, and said to be part of it. Exports have no bound',
  }),
  xheaders: option(boolean, {
    group: 'Web server',
    default: false,
    help: "Believe a reverse proxy's X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host",
  }),
  certfile: option(path, {
    group: 'Web server',
    default: null,
    help: 'TLS certificate, PEM; needs keyfile',
  }),
  keyfile: option(path, {
    group: 'Web server',
    default: null,
    help: 'Key of the TLS certificate, PEM',
  }),
  ca_certs: option(path, {
    group: 'Web server',
    default: null,
    help: 'Let in only clients with a certificate from one of these authorities, PEM',
  }),
} as const;

const access = {
  basic_auth: option(credentials, {
    group: 'Access',
    default: [],
    shownDefault: 'none',
    secret: 'passwords',
    help: 'Who may sign in with HTTP Basic authentication',
  }),
  auth: option(emailPatterns, {
    group: 'Access',
    default: [],
    shownDefault: 'none',
    pending: 'refuse',
    help: 'E-mail addresses that may sign in with OAuth: me@example.com|you@example.com, or .*@example.com',
  }),
  auth_provider: option(authProvider, {
    group: 'Access',
    default: 'google',
    pending: 'refuse',
    help: "Who signs people in: google, github, gitlab, okta, or Flower's Python path of one",
  }),
  oauth2_key: option(text('the client id of an OAuth application', 'text', /\S/), {
    group: 'Access',
    default: null,
    secret: 'all of it',
    pending: 'refuse',
    help: 'Client id of the OAuth application',
  }),
  oauth2_secret: option(text('the secret of an OAuth application', 'text', /\S/), {
    group: 'Access',
    default: null,
    secret: 'all of it',
    pending: 'refuse',
    help: 'Secret of the OAuth application',
  }),
  oauth2_redirect_uri: option(httpUrl, {
    group: 'Access',
    default: null,
    pending: 'refuse',
    help: 'Where OAuth sends people back to: the URL of Herbarium with /login after it',
  }),
  oauth2_okta_base_url: option(httpUrl, {
    group: 'Access',
    default: null,
    pending: 'refuse',
    help: 'With okta: the base of its URLs, such as https://my-company.okta.com/oauth2',
  }),
  github_oauth_domain: option(address, {
    group: 'Access',
    default: 'github.com',
    pending: 'refuse',
    help: 'With github: the host of a GitHub Enterprise server',
  }),
  gitlab_oauth_domain: option(address, {
    group: 'Access',
    default: 'gitlab.com',
    pending: 'refuse',
    help: 'With gitlab: the host of a GitLab server',
  }),
  gitlab_auth_allowed_groups: option(textList, {
    group: 'Access',
    default: [],
    shownDefault: 'any',
    pending: 'refuse',
    help: 'With gitlab: groups, one of which a person must belong to',
  }),
  gitlab_min_access_level: option(integer(0, 60), {
    group: 'Access',
    default: 20,
    pending: 'refuse',
    help: 'With gitlab: the access level a person must have in the group',
  }),
  cookie_secret: option(text('a text that nobody can guess', 'text', /\S/), {
    group: 'Access',
    default: null,
    shownDefault: 'a random one',
    secret: 'all of it',
    help: 'Signs cookies; with a random one, open pages load themselves anew after a restart',
  }),
  unauthenticated_api: option(boolean, {
    group: 'Access',
    default: false,
    help: 'Answer the API to everyone when no authentication is configured',
  }),
  read_only: option(boolean, {
    group: 'Access',
    default: false,
    help: 'Refuse everything that would change a worker or a task',
  }),
} as const;

const workersAndTasks = {
  max_workers: option(integer(1, most), {
    group: 'Workers and tasks',
    default: 5000,
    help: 'How many workers are kept in memory',
  }),
  max_tasks: option(integer(1, most), {
    group: 'Workers and tasks',
    default: 100_000,
    help: 'How many tasks an answer of the API holds at most; history itself is not bounded by it',
  }),
  inspect_timeout: option(duration('ms', 1, 600_000), {
    group: 'Workers and tasks',
    default: 1000,
    help: 'Milliseconds to wait for the answers of workers',
  }),
  inspect_interval: option(duration('s', 0, 86_400), {
    group: 'Workers and tasks',
    isNew: true,
    default: 60,
    help: 'Seconds between two inspections of all workers; 0: only when asked, at the start and of workers that come online',
  }),
  reconcile: option(boolean, {
    group: 'Workers and tasks',
    isNew: true,
    default: true,
    help: 'Ask workers and the result backend what became of tasks whose end was not seen',
  }),
  lost_after: option(duration('s', 1, 86_400), {
    group: 'Workers and tasks',
    isNew: true,
    default: 30,
    help: 'Seconds of silence after which the tasks of a worker that does not answer are shown as lost',
  }),
  purge_offline_workers: option(duration('s', 0, most), {
    group: 'Workers and tasks',
    default: null,
    shownDefault: 'never',
    help: 'Seconds after which a worker that is offline is no longer shown, also not in the metrics',
  }),
  task_runtime_metric_buckets: option(buckets, {
    group: 'Workers and tasks',
    default: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    help: 'Upper bounds, in seconds, of the buckets of the metric of run times',
  }),
} as const;

/** Every column that the table of tasks can have. */
const taskColumns =
  'name uuid state args kwargs result received started runtime worker retries revoked exception expires eta'.split(' ');

const pages = {
  tasks_columns: option(choices(taskColumns), {
    group: 'Pages',
    default: taskColumns.slice(0, 10),
    pending: 'notice',
    help: 'Columns of the table of tasks, in order; also retries, revoked, exception, expires, eta, or all',
  }),
  auto_refresh: option(boolean, {
    group: 'Pages',
    default: true,
    pending: 'notice',
    help: 'Pages follow what happens by themselves',
  }),
  natural_time: option(boolean, {
    group: 'Pages',
    default: false,
    pending: 'notice',
    help: 'Show times as "3 minutes ago"',
  }),
  format_task: option(taskFormatter, {
    group: 'Pages',
    default: null,
    help: 'A function that changes a task before it is shown, in a JavaScript config file',
  }),
} as const;

const logging = {
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

const configuration = {
  conf: option(path, {
    group: 'Configuration',
    default: null,
    shownDefault: 'herbarium.config.js, .mjs or .json, or flowerconfig.py',
    help: 'Config file',
  }),
} as const;

export const options = {
  ...broker,
  ...storage,
  ...webServer,
  ...access,
  ...workersAndTasks,
  ...pages,
  ...logging,
  ...configuration,
} as const satisfies Record<string, Option<unknown> | Option<never>>;

export type OptionName = keyof typeof options;

/** The value of every option. Times and sizes are in the unit that the option's help names. */
export type Config = {
  readonly [Name in OptionName]: (typeof options)[Name] extends Option<infer T> ? T : never;
};

/** An option of any type, for code that treats all alike. */
export type AnyOption = Option<unknown>;

export const optionNames = Object.keys(options) as OptionName[];

export function findOption(name: OptionName): AnyOption {
  return options[name];
}

/** The options under each heading, in the order of the table. */
export function listByGroup(groups: readonly OptionGroup[]): { group: OptionGroup; names: OptionName[] }[] {
  return groups.map((group) => ({ group, names: optionNames.filter((name) => findOption(name).group === group) }));
}
