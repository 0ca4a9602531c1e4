import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Answers a request that offers to change to a protocol we do not speak, as if it had offered nothing: Java's HTTP
 * client and `curl --http2` offer `h2c` each time. Once a server listens for upgrades, Node hands over every such
 * request unanswered and with its body unread, so one with a body is not answered: false.
 */
export function answerWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket): boolean {
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || 'transfer-encoding' in request.headers;
  if (hasBody) return false;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on('finish', () => socket.end());
  socket.on('close', () => response.destroy());
  server.emit('request', request, response);
  return true;
}
