import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeConfig } from '../../server/config/describe-config.ts';
import { toHelpText } from '../../server/config/help.ts';
import { maskText, maskUrl } from '../../server/config/mask.ts';
import { findOption, optionNames, type OptionName } from '../../server/config/options.ts';
import { toFlag, toVariables } from '../../server/config/names.ts';
import { AppError } from '../../server/errors.ts';
import { load, type Situation } from './load.ts';

const secretNames = optionNames.filter((name) => findOption(name).secret !== undefined);

/** Where a secret stands in a value of each such option. */
const wrap: Partial<Record<OptionName, (secret: string) => string>> = {
  broker: (secret) => `redis://ada:${secret}@host:6379/0;redis://:${secret}@other/0`,
  broker_api: (secret) => `http://ada:${encodeURIComponent(secret)}@host:15672/api/`,
  broker_transport_options: (secret) => JSON.stringify({ master_name: 'm', sentinel_kwargs: { password: secret } }),
  result_backend: (secret) => `db+postgresql://ada:${secret}@host/db?sslpassword=${encodeURIComponent(secret)}`,
  db: (secret) => `postgres://ada:${secret}@host/db`,
  basic_auth: (secret) => `ada:${secret},bob:${secret}`,
};

// Long enough not to be a part of our own words, and of characters that break URLs, JSON and shells.
const secrets = fc
  .string({
    unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789@:/?#%&=;,"\'\\|+*!$ ~'.split('')),
    minLength: 12,
    maxLength: 30,
  })
  .filter((secret) => secret.trim() === secret);

/** All that the program would print. */
async function toPrinted(situation: Situation): Promise<string> {
  try {
    const { config, sources, notices } = await load(situation);
    return [...describeConfig(config, sources), ...notices, toHelpText()].join('\n');
  } catch (error) {
    if (error instanceof AppError) return `${error.message}\n${JSON.stringify(error.details)}`;
    throw error;
  }
}

function expectNowhere(secret: string, printed: string): void {
  for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    expect(printed).not.toContain(form);
}

describe.each(secretNames)('a secret in %s', (name) => {
  const toValue = wrap[name] ?? ((secret: string) => secret);
  const variable = toVariables(name)[0] ?? '';

  it('is never printed, wherever it was given', async () => {
    const property = fc.asyncProperty(secrets, async (secret) => {
      const value = toValue(secret);
      expectNowhere(secret, await toPrinted({ argv: [toFlag(name), value] }));
      expectNowhere(secret, await toPrinted({ argv: [`${toFlag(name)}=${value}`, '--port=bad'] }));
      expectNowhere(secret, await toPrinted({ env: { [variable]: value } }));
      expectNowhere(secret, await toPrinted({ files: { 'herbarium.config.json': JSON.stringify({ [name]: value }) } }));
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('is not printed when it stands bare, or beside a slip of the pen', async () => {
    const property = fc.asyncProperty(secrets, async (secret) => {
      expectNowhere(secret, await toPrinted({ argv: [`${toFlag(name)}x`, secret] }));
      expectNowhere(secret, await toPrinted({ argv: [`${toFlag(name)}x=${secret}`, 'stray', secret] }));
      expectNowhere(secret, await toPrinted({ env: { [`${variable}X`]: secret } }));
      expectNowhere(
        secret,
        await toPrinted({ files: { 'flowerconfig.py': `${name} = f"${secret}"\n${name}x = '${secret}'` } }),
      );
      if (name !== 'broker' && name !== 'result_backend' && name !== 'db')
        expectNowhere(secret, await toPrinted({ env: { [variable]: secret } }));
    });
    await fc.assert(property, { numRuns: 40 });
  });
});

it.each([
  ['redis://:pw@h/0', 'redis://:***@h/0'],
  ['amqp://ada:pw@h//', 'amqp://ada:***@h//'],
  ['redis://a:p@h1;redis://b:q@h2', 'redis://a:***@h1;redis://b:***@h2'],
  ['redis://:p@ss@h', 'redis://:***@h'],
  ['redis://:se;x://cret@h', 'redis://:***@h'],
  ['sqs://h?token=x&region=y', 'sqs://h?token=***&region=y'],
  ['rediss://h?ssl_keyfile=/k', 'rediss://h?ssl_keyfile=/k'],
  ['redis://h/0', 'redis://h/0'],
  ['/var/lib/a@b', '/var/lib/a@b'],
])('shows %s as %s', (url, shown) => {
  expect(maskUrl(url)).toBe(shown);
});

it('finds the URLs in a sentence', () => {
  expect(maskText('cannot reach redis://:pw@h/0, nor amqp://a:b@c')).toBe(
    'cannot reach redis://:***@h/0, nor amqp://a:***@c',
  );
});
