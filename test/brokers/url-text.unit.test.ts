import { describe, expect, it } from 'vitest';
import { maskUrl } from '../../server/brokers/url-text.ts';
import { readRecordedJson } from '../helpers/captures.ts';

interface RecordedUrl {
  url: string;
  info?: { password: string | null };
}

describe('maskUrl', () => {
  it.each([
    ['redis://localhost:6379/0', 'redis://localhost:6379/0'],
    ['redis://:secret@localhost:6379/1', 'redis://:**@localhost:6379/1'],
    ['amqp://user:p%40ss@host:5673/vhost', 'amqp://user:**@host:5673/vhost'],
    ['amqp://user:a:b@host//', 'amqp://user:**@host//'],
    ['amqp://user@host', 'amqp://user@host'],
    ['redis+socket://:secret@/run/r.sock?virtual_host=4', 'redis+socket://:**@/run/r.sock?virtual_host=4'],
    ['amqp://u:p@h1//;amqp://u:q@[::1]:5672//', 'amqp://u:**@h1//;amqp://u:**@[::1]:5672//'],
    ['localhost:5672', 'localhost:5672'],
    ['', ''],
  ])('shows %s as %s', (text, masked) => {
    expect(maskUrl(text)).toBe(masked);
  });

  it('masks query values that it does not know to be harmless', () => {
    expect(maskUrl('redis://h/0?password=x&ssl_cert_reqs=none&x=y&bare')).toBe(
      'redis://h/0?password=**&ssl_cert_reqs=none&x=**&**',
    );
  });

  it.each([
    'redis://:sec/ret@host:6379/0',
    'redis://:sec?ret@host:6379/0',
    'redis://:sec#ret@host:6379/0',
    'redis://:sec;ret@host:6379/0',
    'redis://:12;ret@host:6379/0',
    'redis://:12?ret@host:6379/0',
    'redis://:sec ret@host:6379/0',
    'redis://:sec@ret@host:6379/0',
    'redis://:sec\nret@host:6379/0',
    'user:secret@host:6379/0',
    ':secret@host:6379/0',
    'redis:/:secret@host:6379/0',
  ])('shows nothing before the last @ of %j', (text) => {
    expect(maskUrl(text)).not.toMatch(/sec|ret|12/);
    expect(maskUrl(text)).toMatch(/\*\*@host:6379\/0$/);
  });

  it('shows nothing but the scheme of an unreadable text without @', () => {
    expect(maskUrl('redis://:secret')).toBe('redis://**');
    expect(maskUrl('[secret')).toBe('**');
  });

  it('shows all of a recorded URL but its password', () => {
    const { brokers, backends } = readRecordedJson('urls-5.6.3') as { brokers: RecordedUrl[]; backends: RecordedUrl[] };
    for (const { url } of [...brokers, ...backends]) {
      if (url.includes(',')) continue; // No proper URL: it is masked whole.
      const password = /\/\/[^/:@;]*:([^/@;]+)@/.exec(url)?.[1];
      if (password === undefined) expect(maskUrl(url)).toBe(url);
      else expect(maskUrl(url)).toBe(url.replaceAll(`:${password}@`, ':**@'));
    }
  });
});
