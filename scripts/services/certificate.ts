import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A self-signed certificate for localhost and 127.0.0.1; it is its own authority. */
export interface Certificate {
  keyPath: string;
  certPath: string;
}

/** Makes the certificate in this folder, once. */
export function makeCertificate(openssl: string, folder: string): Certificate {
  const keyPath = join(folder, 'key.pem');
  const certPath = join(folder, 'cert.pem');
  if (!existsSync(certPath)) {
    const kind = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '3650',
      '-subj',
      '/CN=localhost',
    ];
    const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    execFileSync(openssl, [...kind, ...names, '-keyout', keyPath, '-out', certPath], { stdio: 'pipe' });
  }
  return { keyPath, certPath };
}
