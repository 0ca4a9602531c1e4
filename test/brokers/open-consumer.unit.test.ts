import { expect, test } from 'vitest';
import { redelivers } from '../../server/brokers/open-consumer.ts';

test.each([
  ['amqp://broker', 'durable', true],
  ['amqp://broker;amqp://other', 'durable', true],
  ['amqp://broker', 'transient', false],
  ['redis://broker', 'durable', false],
] as const)('%s with a %s queue sends again what was not acknowledged: %s', (url, mode, expected) => {
  expect(redelivers({ url, queue: { mode } })).toBe(expected);
});
