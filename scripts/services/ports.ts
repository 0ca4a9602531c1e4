import { createServer } from 'node:net';

/** `count` different TCP ports free on loopback at this moment. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => server.port);
  await Promise.all(servers.map((server) => server.close()));
  return ports;
}

/** `first`, or the next port after it that is free on loopback. */
export async function findFreePortFrom(first: number): Promise<number> {
  for (let port = first; port < Math.min(first + 200, 65_536); port++) {
    try {
      await (await listen(port)).close();
      return port;
    } catch {
      // Taken: the next one.
    }
  }
  throw new Error(`No free port from ${String(first)} on.`);
}

function listen(port: number): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address ? address.port : port;
      resolve({ port: taken, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}
