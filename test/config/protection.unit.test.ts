import { describe, expect, it } from 'vitest';
import { emailPatterns } from '../../server/config/access-kinds.ts';
import { fail, load, toPaths, type Situation } from './load.ts';

describe('what protects the server and does not work yet', () => {
  it.each([
    '--auth=me@example.com',
    '--auth_provider=flower.views.auth.GithubLoginHandler',
    '--oauth2_key=k',
    '--oauth2_secret=s',
    '--oauth2_redirect_uri=http://h/login',
    '--gitlab_auth_allowed_groups=staff',
    '--oauth2_okta_base_url=https://h/oauth2',
  ])('ends the start instead of serving openly: %s', async (flag) => {
    expect((await fail({ argv: [flag] })).message).toContain(
      'does not work yet, and Herbarium does not start unprotected',
    );
  });

  it.each<Situation>([
    { argv: ['--basic_auth='] },
    { argv: ['--basic_auth', '--port=1'] },
    { env: { FLOWER_BASIC_AUTH: '' } },
    { env: { FLOWER_BASIC_AUTH: 'nocolon' } },
    { env: { FLOWER_BASIC_AUTH: 'user:' } },
    { env: { FLOWER_BASIC_AUTH: 'a:b,' } },
    { env: { HERBARIUM_AUTH: '' } },
    { env: { HERBARIUM_READ_ONLY: '' } },
    { files: { 'flowerconfig.py': 'basic_auth = []' } },
    { files: { 'flowerconfig.py': "basic_auth = ''" } },
    { files: { 'flowerconfig.py': 'from local_settings import basic_auth' } },
    { files: { 'flowerconfig.py': 'from local_settings import *' } },
    { files: { 'flowerconfig.py': 'import local.auth as basic_auth' } },
    { files: { 'flowerconfig.py': 'BASIC_AUTH = ["a:b"]' } },
  ])('is never left out because its value is: %j', async (situation) => {
    await fail(situation);
  });

  it('is not asked for by a config file that says None', async () => {
    const { config } = await load({ files: { 'flowerconfig.py': 'basic_auth = None\noauth2_key = None' } });
    expect(config.basic_auth).toEqual([]);
  });
});

describe('options that need one another', () => {
  it.each<[string[], string]>([
    [['--certfile=c.pem'], '--certfile: certfile needs keyfile as well'],
    [['--keyfile=k.pem'], '--keyfile: keyfile needs certfile as well'],
    [['--ca_certs=ca.pem'], '--ca-certs: ca_certs needs certfile as well'],
    [['--unix_socket=/s', '--address=127.0.0.1'], 'address and unix_socket cannot both be'],
    [['--auth=me@example.com'], '--auth: auth needs oauth2_secret as well'],
    [['--oauth2_key=k'], '--oauth2-key: oauth2_key needs auth as well'],
  ])('%j', async (argv, message) => {
    expect((await fail({ argv })).message).toContain(message);
  });

  it('are fine together', async () => {
    const { config } = await load({ argv: ['--certfile=/c', '--keyfile=/k', '--ca_certs=/a'] });
    expect(config).toMatchObject({ certfile: '/c', keyfile: '/k', ca_certs: '/a' });
  });

  it.each(['65536', '-1', '80.5', ''])('refuse the port %j', async (port) => {
    expect(toPaths(await fail({ argv: [`--port=${port}`] }))).toEqual(['--port']);
  });
});

describe('the addresses that may sign in', () => {
  it.each<[string, string[]]>([
    ['me@example.com', ['me@example.com']],
    ['me@gmail.com|you@gmail.com', ['me@gmail.com', 'you@gmail.com']],
    ['.*@example\\.com', ['*@example.com']],
    ['.*@example.com', ['*@example.com']],
    ['*@example.com', ['*@example.com']],
    ['dev-.*@example.com', ['dev-*@example.com']],
    ['me+ops@sub.example.com', ['me+ops@sub.example.com']],
  ])('read %s', (written, expected) => {
    expect(emailPatterns.read(written)).toEqual(expected);
  });

  it.each([
    '',
    '.*',
    '*',
    '.*@.*',
    '.*@*.com',
    '.+@example.com',
    '^me@example.com$',
    '[a-z]+@example.com',
    'me@example.com|',
    '.*@example',
    '(me|you)@example.com',
    '.*a.*@example.com',
    'example.com',
    '@example.com',
    'me@example.com.*',
  ])('refuse %j, which may match more than it seems to', (written) => {
    expect(emailPatterns.read(written)).toBeUndefined();
  });
});
