import { address, authProvider, credentials, emailPatterns } from '../access-kinds.ts';
import { boolean, httpUrl, integer, text, textList } from '../kinds.ts';
import { option } from '../option.ts';

/** Who may see it, and who may act. */
export const access = {
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
    isPending: true,
    help: 'E-mail addresses that may sign in with OAuth: me@example.com|you@example.com, or .*@example.com',
  }),
  auth_provider: option(authProvider, {
    group: 'Access',
    default: 'google',
    isPending: true,
    help: "Who signs people in: google, github, gitlab, okta, or Flower's Python path of one",
  }),
  oauth2_key: option(text('the client id of an OAuth application', 'text', /\S/), {
    group: 'Access',
    default: null,
    secret: 'all of it',
    isPending: true,
    help: 'Client id of the OAuth application',
  }),
  oauth2_secret: option(text('the secret of an OAuth application', 'text', /\S/), {
    group: 'Access',
    default: null,
    secret: 'all of it',
    isPending: true,
    help: 'Secret of the OAuth application',
  }),
  oauth2_redirect_uri: option(httpUrl, {
    group: 'Access',
    default: null,
    isPending: true,
    help: 'Where OAuth sends people back to: the URL of Herbarium with /login after it',
  }),
  oauth2_okta_base_url: option(httpUrl, {
    group: 'Access',
    default: null,
    isPending: true,
    help: 'With okta: the base of its URLs, such as https://my-company.okta.com/oauth2',
  }),
  github_oauth_domain: option(address, {
    group: 'Access',
    default: 'github.com',
    isPending: true,
    help: 'With github: the host of a GitHub Enterprise server',
  }),
  gitlab_oauth_domain: option(address, {
    group: 'Access',
    default: 'gitlab.com',
    isPending: true,
    help: 'With gitlab: the host of a GitLab server',
  }),
  gitlab_auth_allowed_groups: option(textList, {
    group: 'Access',
    default: [],
    shownDefault: 'any',
    isPending: true,
    help: 'With gitlab: groups, one of which a person must belong to',
  }),
  gitlab_min_access_level: option(integer(0, 60), {
    group: 'Access',
    default: 20,
    isPending: true,
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
