import { describe, expect, it } from 'vitest';
import { toEnableEventsRequest, toHeartbeatRequest } from '../../server/celery/control-message.ts';
import { readEnvelope } from '../../server/celery/envelope.ts';
import { readCapture } from '../helpers/captures.ts';

describe('a control message', () => {
  it('is what a monitor of Celery sends, byte for byte', () => {
    const recorded = readCapture('pidbox-redis-5.6.3').find(
      ({ kind, case: name }) => kind === 'request' && name === 'ping without reply',
    );
    const { body, headers } = readEnvelope(recorded?.data as string);
    const { clock, expires } = headers as { clock: number; expires: number };
    const request = toHeartbeatRequest({ clock, expires });
    expect(request.body).toBe(Buffer.from(body).toString().replace('ping', 'heartbeat'));
    expect(request.headers).toEqual(headers);
  });

  it('turns task events on, for all workers or for some', () => {
    expect(JSON.parse(toEnableEventsRequest({ clock: 1, destination: ['w1@a', 'ž@b'] }).body)).toEqual({
      method: 'enable_events',
      arguments: {},
      destination: ['w1@a', 'ž@b'],
      pattern: null,
      matcher: null,
    });
    expect(toEnableEventsRequest({ clock: 4 })).toMatchObject({
      body: expect.stringContaining('"destination": null') as string,
      headers: { clock: 4, expires: 0 },
    });
  });

  it('refuses an empty list of workers, which workers would take for all of them', () => {
    expect(() => toHeartbeatRequest({ clock: 1, destination: [] })).toThrow('No worker');
  });
});
