import type { Config, OptionName } from './options.ts';
import type { Sources } from './describe-config.ts';
import { toFlag } from './names.ts';
import type { Problem } from './reading.ts';

/** What is wrong between options, each of which is right by itself. `sources` tells which ones were given. */
export function listContradictions(config: Config, sources: Sources): Problem[] {
  return [
    ...listTlsProblems(config, sources),
    ...listListenProblems(config, sources),
    ...listOAuthProblems(config, sources),
    ...listRetentionProblems(config, sources),
  ];
}

/** What is given and can have no effect beside the others, in sentences. */
export function listFutileOptions(config: Config, sources: Sources): string[] {
  const notices: string[] = [];
  const add = (name: OptionName, why: string) => {
    if (sources[name] !== undefined) notices.push(`${name} (${sources[name]}) has no effect ${why}`);
  };
  if (config.unix_socket !== null) add('port', 'with unix_socket');
  if (config.events_queue === 'transient') add('events_queue_expires', 'with a transient events_queue');
  if (/^postgres(ql)?:/.test(config.db)) add('persistent', 'on Postgres, which keeps what it is given');
  if (config.log_file_prefix === null) {
    add('log_file_max_size', 'without log_file_prefix');
    add('log_file_num_backups', 'without log_file_prefix');
  }
  return notices;
}

function needs(name: OptionName, missing: OptionName, sources: Sources): Problem {
  return { path: sources[name] ?? toFlag(name), message: `${name} needs ${missing} as well` };
}

function listTlsProblems(config: Config, sources: Sources): Problem[] {
  const problems: Problem[] = [];
  if (config.certfile !== null && config.keyfile === null) problems.push(needs('certfile', 'keyfile', sources));
  if (config.keyfile !== null && config.certfile === null) problems.push(needs('keyfile', 'certfile', sources));
  // Without TLS it would let everyone in, whom it was set to keep out.
  if (config.ca_certs !== null && config.certfile === null) problems.push(needs('ca_certs', 'certfile', sources));
  return problems;
}

function listListenProblems({ unix_socket, address }: Config, sources: Sources): Problem[] {
  if (unix_socket === null || address === '') return [];
  return [
    {
      path: sources.address ?? toFlag('address'),
      message: 'address and unix_socket cannot both be; take one of them out',
    },
  ];
}

function listOAuthProblems(config: Config, sources: Sources): Problem[] {
  const parts = ['oauth2_key', 'oauth2_secret', 'oauth2_redirect_uri'] as const;
  const isAsked = config.auth.length > 0 || config.gitlab_auth_allowed_groups.length > 0;
  const cause = config.auth.length > 0 ? 'auth' : 'gitlab_auth_allowed_groups';
  if (isAsked) return parts.filter((name) => config[name] === null).map((name) => needs(cause, name, sources));
  return parts.filter((name) => config[name] !== null).map((name) => needs(name, 'auth', sources));
}

function listRetentionProblems({ retention, retention_failures: failures }: Config, sources: Sources): Problem[] {
  if (failures === null) return [];
  if (retention === null) return [needs('retention_failures', 'retention', sources)];
  if (failures >= retention) return [];
  const path = sources.retention_failures ?? toFlag('retention_failures');
  return [{ path, message: 'retention_failures must not be shorter than retention: it lets failures live longer' }];
}
