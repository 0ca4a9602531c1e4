import { describe, expect, it } from 'vitest';
import { findRouteOptions, toTaskRoute } from '../../server/celery/task-route.ts';
import { readClusterSettings } from '../../server/control/cluster-settings.ts';

const queue = (name: string, type: string, exchange = name, key = name) => ({
  name,
  exchange: { name: exchange, type },
  routing_key: key,
});
const settings = readClusterSettings([
  { timestamp: 1, conf: 'not told', active_queues: 'none' },
  {
    timestamp: 1,
    active_queues: [
      queue('mail', 'direct'),
      queue('logs', 'topic', 'logx', 'logs.#'),
      queue('bq', 'fanout', 'fanx', ''),
    ],
    conf: {
      task_default_queue: 'fulfilment',
      result_expires: 600,
      task_routes: [[['nonsense']], { 'shop.mail.*': { queue: 'mail', priority: 3 }, 'shop.*.slow': 'logs', f: 7 }],
    },
  },
]);

describe('a task goes', () => {
  it.each([
    [{}, { queue: 'fulfilment', exchange: '', routingKey: 'fulfilment' }],
    [{ queue: 'mail' }, { queue: 'mail', exchange: '', routingKey: 'mail' }],
    [
      { queue: 'mail', routing_key: 'else' },
      { exchange: '', routingKey: 'mail' },
    ],
    [{ queue: 'unheard-of' }, { queue: 'unheard-of', exchange: '', exchangeType: 'direct' }],
    [{ queue: 'logs' }, { exchange: 'logx', exchangeType: 'topic', routingKey: 'logs.#' }],
    [
      { queue: 'logs', routing_key: 'logs.a' },
      { exchange: 'logx', routingKey: 'logs.a' },
    ],
    [
      { exchange: 'fanx', routing_key: 'k' },
      { exchange: 'fanx', exchangeType: 'fanout', routingKey: 'k' },
    ],
    [
      { exchange: 'other', routing_key: 'k' },
      { exchange: 'other', exchangeType: null, routingKey: 'k' },
    ],
  ])('with %o as Celery sends it', (asked, route) => {
    expect(toTaskRoute(asked, settings)).toMatchObject(route);
  });

  it('where the app routes it, unless the caller says otherwise', () => {
    expect(findRouteOptions('shop.mail.send', {}, settings)).toMatchObject({ queue: 'mail', priority: 3 });
    expect(findRouteOptions('shop.mail.send', { queue: 'x' }, settings)).toMatchObject({ queue: 'x', priority: 3 });
    expect(findRouteOptions('shop.orders.slow', {}, settings)).toMatchObject({ queue: 'logs' });
    expect(findRouteOptions('shopXmail.send', {}, settings)).toEqual({});
  });
});

it('without a worker that tells, Celery sets the rest', () => {
  expect(readClusterSettings([])).toMatchObject({
    defaultQueue: 'celery',
    resultExpiresS: 86_400,
    sendsSentEvents: false,
  });
  expect(settings.resultExpiresS).toBe(600);
});
