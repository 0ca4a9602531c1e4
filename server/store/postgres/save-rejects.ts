import type pg from 'pg';
import type { Reject } from '../../ingest/batch.ts';
import { storableText } from '../task-row.ts';
import { statements } from './statements.ts';

/** Rejected messages are kept for people to look at: the newest of them will do. */
const keptRejects = 1000;

/** In the caller's transaction. */
export async function saveRejects(client: pg.ClientBase, rejects: readonly Reject[]): Promise<void> {
  for (const { at, broker, reason, routingKey, contentType, excerpt } of rejects) {
    const texts = [broker, reason, routingKey, contentType, excerpt].map((text) => text && storableText(text));
    const { rows } = await client.query<{ id: number }>(statements.addReject, [at, ...texts]);
    await client.query(statements.trimRejects, [rows[0]!.id - keptRejects]);
  }
}
