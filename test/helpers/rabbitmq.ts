import { readServices } from './services.ts';

/** The broker's view of one queue. */
export interface QueueView {
  name: string;
  durable: boolean;
  auto_delete: boolean;
  arguments: Record<string, unknown>;
  consumers?: number;
  messages?: number;
}

/** A virtual host of one test's own. */
export interface TestVhost {
  readonly name: string;
  /** Broker URL of this vhost. */
  readonly url: string;
  /** Asks the management API; `path` comes after `/api`. */
  ask(method: string, path: string, body?: unknown): Promise<unknown>;
  listQueues(): Promise<QueueView[]>;
  /** Closes the connections to this vhost as an operator does. */
  closeConnections(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes the vhost afresh on the services' RabbitMQ; each process has its own of a name. */
export async function makeVhost(title: string): Promise<TestVhost> {
  const name = `${title} ${String(process.pid)}`;
  const { url, managementUrl } = readServices().amqp;
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${managementUrl}/api${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
        'content-type': 'application/json',
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok && response.status !== 404) throw new Error(`${method} ${path}: ${String(response.status)}`);
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  const path = `/vhosts/${encodeURIComponent(name)}`;
  await ask('DELETE', path);
  await ask('PUT', path);
  await ask('PUT', `/permissions/${encodeURIComponent(name)}/guest`, { configure: '.*', write: '.*', read: '.*' });
  const listConnections = async () =>
    ((await ask('GET', '/connections')) as { name: string; vhost?: string }[]).filter(({ vhost }) => vhost === name);
  return {
    name,
    url: url.replace(/\/\/$/, `/${encodeURIComponent(name)}`),
    ask,
    listQueues: async () => (await ask('GET', `/queues/${encodeURIComponent(name)}`)) as QueueView[],
    closeConnections: async () => {
      // Statistics are five seconds old at worst: a connection just made may not be in the list yet.
      for (let attempt = 0, closed = 0; attempt < 100 && closed === 0; attempt++) {
        const connections = await listConnections();
        for (const connection of connections)
          await ask('DELETE', `/connections/${encodeURIComponent(connection.name)}`);
        closed = connections.length;
        if (closed === 0) await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    remove: async () => void (await ask('DELETE', path)),
  };
}
