import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire that can be broken in the ways in which real ones break. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing goes through in either direction, and nobody is told: a host without power. */
  freeze(): void;
  /** What comes from now on goes through again; frozen connections stay frozen. */
  thaw(): void;
  /** All connections end with a reset: what was under way is gone, and both sides are told. */
  reset(): void;
  close(): Promise<void>;
}

/** Listens on loopback, on a free port unless one is given, and passes bytes to `port` and back. */
export async function openTcpProxy(port: number, ownPort = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      // The close that follows an error tells the other side; of a frozen wire nobody hears anything.
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!frozen) to.destroy();
      });
      if (!frozen) from.pipe(to, { end: false });
      else from.pause();
    }
  });
  server.listen(ownPort, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    thaw() {
      frozen = false;
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
