import { address, urlPrefix } from '../access-kinds.ts';
import { boolean, duration, integer, path } from '../kinds.ts';
import { option } from '../option.ts';

/** Where and how it is served. */
export const webServer = {
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
