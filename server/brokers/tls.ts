import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';

/** TLS as a broker URL asks for it, in the words of redis-py and kombu (`ssl_cert_reqs` and so on). */
export interface TlsOptions {
  /** `none`: any certificate is accepted. `optional` and `required` are the same for a client: servers always send one. */
  certReqs: 'none' | 'optional' | 'required';
  /** PEM file of the authorities to trust, in place of the system's. */
  caCerts: string | null;
  /** PEM files of the client's own certificate. */
  certFile: string | null;
  keyFile: string | null;
  checkHostname: boolean;
}

const certReqs: Record<string, TlsOptions['certReqs']> = {
  none: 'none',
  optional: 'optional',
  required: 'required',
  CERT_NONE: 'none',
  CERT_OPTIONAL: 'optional',
  CERT_REQUIRED: 'required',
};

/**
 * The `ssl_*` parameters of a URL; null when there are none. Without `ssl_cert_reqs` the certificate is checked.
 * @throws Error with a sentence about the wrong parameter
 */
export function readTlsOptions(query: Map<string, string>): TlsOptions | null {
  if (![...query.keys()].some((name) => name.startsWith('ssl_'))) return null;
  const reqsText = query.get('ssl_cert_reqs') ?? 'required';
  const reqs = Object.hasOwn(certReqs, reqsText) ? certReqs[reqsText] : undefined;
  if (!reqs) throw new Error(`ssl_cert_reqs is one of ${Object.keys(certReqs).join(', ')}`);
  return {
    certReqs: reqs,
    caCerts: query.get('ssl_ca_certs') ?? null,
    certFile: query.get('ssl_certfile') ?? null,
    keyFile: query.get('ssl_keyfile') ?? null,
    checkHostname: query.get('ssl_check_hostname')?.toLowerCase() !== 'false',
  };
}

/**
 * What `tls.connect` takes. The files are read at each connection, so that renewed certificates are used.
 * `host` is the name the certificate must bear; null where it is known only later (the master behind a sentinel).
 */
export async function toTlsConnection(tls: TlsOptions, host: string | null): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([
    readPem('ssl_ca_certs', tls.caCerts),
    readPem('ssl_certfile', tls.certFile),
    readPem('ssl_keyfile', tls.keyFile ?? tls.certFile),
  ]);
  return {
    rejectUnauthorized: tls.certReqs !== 'none',
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(host !== null && isIP(host) === 0 && { servername: host }),
    ...(!tls.checkHostname && { checkServerIdentity: () => undefined }),
  };
}

async function readPem(parameter: string, path: string | null): Promise<Buffer | null> {
  if (path === null) return null;
  try {
    return await readFile(path);
  } catch (error) {
    throw new Error(`cannot read the file of ${parameter}: ${(error as Error).message}`, { cause: error });
  }
}
