import type { Delivery } from '../../server/brokers/broker.ts';

interface Envelope {
  body: string;
}

/** The events in deliveries of JSON, without the reading of the celery room: tests of the wire need no more. */
export function readEventsPlainly(deliveries: Delivery[]): unknown[] {
  return deliveries.flatMap(({ body, envelope }) => {
    const text = Buffer.from(body).toString();
    const json = envelope ? Buffer.from((JSON.parse(text) as Envelope).body, 'base64').toString() : text;
    return JSON.parse(json) as unknown;
  });
}
