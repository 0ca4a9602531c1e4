import type { StoredSegment } from '../retention.ts';
import type { SegmentRecord } from './catalog-file.ts';
import { sizeOf, type StoreFolder } from './folder.ts';

export async function toStoredSegment(
  record: Omit<SegmentRecord, 'newest_timestamp' | 'newest_received' | 'oldest' | 'schema'>,
  folder: StoreFolder,
): Promise<StoredSegment> {
  return {
    id: record.id,
    createdAt: record.created_at,
    sealedAt: record.sealed_at,
    tasks: record.tasks,
    bytes: await sizeOf(folder.segment(record)),
    onlyFailures: record.only_failures === 1,
    noEvents: record.no_events === 1,
  };
}
