/** What an open page is told, without a browser. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { LiveMessage, LiveRequest } from '../../server/contract/live.ts';
import type { WorkerBody } from '../../server/contract/workers.ts';

/** The first message of a topic that a page which asks for it is told. */
async function ask<Topic extends LiveRequest['topic']>(
  url: string,
  request: LiveRequest & { topic: Topic },
): Promise<Extract<LiveMessage, { topic: Topic }>> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/live`, { origin: url });
  await once(socket, 'open');
  const told = new Promise<Extract<LiveMessage, { topic: Topic }>>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as LiveMessage;
      if (message.topic === request.topic) resolve(message as Extract<LiveMessage, { topic: Topic }>);
    });
  });
  socket.send(JSON.stringify({ subscribe: [request] }));
  const message = await told;
  socket.close();
  return message;
}

export async function readWorkers(url: string): Promise<WorkerBody[]> {
  return (await ask(url, { topic: 'workers' })).workers;
}
