import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ServerName, Services } from './state.ts';

/** Resolves when `ask` does; rejects with `ask`'s last error after `timeoutMs`, or at once when `isGone` says so. */
export async function waitUntil(ask: () => Promise<void>, timeoutMs: number, isGone: () => boolean): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (isGone() || performance.now() > until) throw error;
    }
    await sleep(50);
  }
}

/** Whether a server that was started before answers now. */
export async function answers(name: ServerName, services: Partial<Services>): Promise<boolean> {
  const { redis, amqp, postgres } = services;
  try {
    if (name === 'redis' && redis) await askRedis(toPort(redis.url));
    else if (name === 'amqp' && amqp) await askAmqp(toPort(amqp.url));
    else if (name === 'postgres' && postgres) await askPostgres(postgres.url);
    else return false;
    return true;
  } catch {
    return false;
  }
}

/** The port of a URL that names one. */
export function toPort(url: string): number {
  return Number(new URL(url).port);
}

/** Redis answers PING. */
export function askRedis(port: number): Promise<void> {
  return exchange(port, Buffer.from('PING\r\n'), (reply) => reply.toString().startsWith('+PONG'));
}

/** RabbitMQ answers AMQP 0-9-1's protocol header with a method frame (Connection.Start). */
export function askAmqp(port: number): Promise<void> {
  return exchange(port, Buffer.from('AMQP\0\0\x09\x01', 'latin1'), (reply) => reply[0] === 1);
}

/** RabbitMQ's management answers its own API as guest. */
export async function askManagement(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/api/overview`, {
    headers: { authorization: `Basic ${btoa('guest:guest')}` },
    signal: AbortSignal.timeout(2000),
  });
  if (!response.ok) throw new Error(`RabbitMQ's management answers ${String(response.status)}.`);
}

/** Postgres answers SELECT 1. */
export async function askPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
}

function exchange(port: number, question: Buffer, isRight: (reply: Buffer) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(question));
    const end = (error?: Error): void => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(2000, () => end(new Error(`Port ${String(port)} does not answer.`)));
    socket.once('error', end);
    socket.once('close', () => end(new Error(`Port ${String(port)} closed the connection.`)));
    socket.once('data', (reply) =>
      end(isRight(reply) ? undefined : new Error(`Port ${String(port)} answers something else.`)),
    );
  });
}
