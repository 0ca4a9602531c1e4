/**
 * Says where a task message goes, by Celery's rules (`celery.app.routes`, `celery.app.amqp`).
 *
 * In: what the caller asks for, and what is known of the cluster: its queues, default queue and `task_routes`. Out: the
 * queue, and the exchange and routing key by which it is reached. Pure.
 */

export interface KnownQueue {
  exchange: string;
  exchangeType: string;
  routingKey: string;
}

/** What workers tell of their app. */
export interface ClusterRouting {
  defaultQueue: string;
  queues: ReadonlyMap<string, KnownQueue>;
  /** `task_routes`, its first match first: patterns of task names. */
  routes: readonly { pattern: RegExp; route: RouteOptions }[];
}

/** What a route, or a caller, may ask for. */
export interface RouteOptions {
  queue?: string | undefined;
  exchange?: string | undefined;
  routing_key?: string | undefined;
  priority?: number | undefined;
}

export interface TaskRoute {
  queue: string;
  /** Empty: the queue's name is the routing key. */
  exchange: string;
  /** `direct`, `topic`, `fanout`…; null when nobody has said. */
  exchangeType: string | null;
  routingKey: string;
}

/** Options of the caller count more than those of a route. */
export function findRouteOptions(task: string, asked: RouteOptions, { routes }: ClusterRouting): RouteOptions {
  const found = routes.find(({ pattern }) => pattern.test(task))?.route ?? {};
  const told = Object.entries(asked).filter(([, value]) => value !== undefined);
  return { ...found, ...Object.fromEntries(told) };
}

export function toTaskRoute(asked: RouteOptions, { queues, defaultQueue }: ClusterRouting): TaskRoute {
  const queue = asked.queue ?? defaultQueue;
  const known = queues.get(queue);
  const isDirect = (known?.exchangeType ?? 'direct') === 'direct';
  const { exchange, routing_key: routingKey } = asked;
  if (isDirect && (exchange === undefined || routingKey === undefined)) {
    return { queue, exchange: '', exchangeType: 'direct', routingKey: queue };
  }
  if (exchange === undefined) {
    const own = { exchange: known?.exchange ?? queue, exchangeType: known?.exchangeType ?? null };
    return { queue, ...own, routingKey: routingKey ?? known?.routingKey ?? queue };
  }
  const sharing = [...queues.values()].find((each) => each.exchange === exchange);
  return { queue, exchange, exchangeType: sharing?.exchangeType ?? null, routingKey: routingKey ?? queue };
}

/** `task_routes` as a worker's `conf` shows it; what is not understood, such as a function, is left out. */
export function readTaskRoutes(setting: unknown): ClusterRouting['routes'] {
  if (Array.isArray(setting)) {
    return setting.every((each) => Array.isArray(each) && each.length === 2 && typeof each[0] === 'string')
      ? readPairs(setting as [string, unknown][])
      : (setting as unknown[]).flatMap((each) => readTaskRoutes(each));
  }
  return typeof setting === 'object' && setting !== null ? readPairs(Object.entries(setting)) : [];
}

/** Each multiplies the time that a name may take. */
const mostStars = 3;

function readPairs(pairs: [string, unknown][]): ClusterRouting['routes'] {
  return pairs.flatMap(([pattern, value]) => {
    const route = readRoute(value);
    return route && pattern.split('*').length <= mostStars + 1 ? [{ pattern: toPattern(pattern), route }] : [];
  });
}

function readRoute(value: unknown): RouteOptions | null {
  if (typeof value === 'string') return { queue: value };
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  const text = (key: string): string | undefined => (typeof fields[key] === 'string' ? fields[key] : undefined);
  const priority = typeof fields['priority'] === 'number' ? fields['priority'] : undefined;
  return { queue: text('queue'), exchange: text('exchange'), routing_key: text('routing_key'), priority };
}

/** Celery's globs: only the star is one. */
function toPattern(glob: string): RegExp {
  const literal = glob.slice(0, 255).replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  // Several stars in a row say no more than one, and would only take time.
  return new RegExp(`^${literal.replace(/\*+/g, '.*')}$`, 's');
}
