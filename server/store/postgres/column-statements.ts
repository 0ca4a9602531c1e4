import type pg from 'pg';
import type { Zone } from '../column-block.ts';
import { taskColumns } from '../task-row.ts';

/** The SQL of columns; see `columns.ts`, and `tables.ts` for the tables. */

/**
 * What `segments.schema` is of a segment that has all its columns, and in its dictionary all characters of its texts (see
 * `short-terms.ts`). An older program's has 1, without those characters, or 0, without all columns.
 */
export const withCharacters = 2;

export const columnStatements = {
  lastWriter: `SELECT value FROM facts WHERE key = 'columns writer'`,
  setLastWriter: `INSERT INTO facts (key, value) VALUES ('columns writer', $1)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`,

  load: `SELECT blocks.field, data, low, high FROM column_blocks AS blocks
    LEFT JOIN column_zones AS zones USING (segment_id, field, block)
    WHERE segment_id = $1 AND block = $2 AND field = ANY($3::text[])`,
  rows: `SELECT id, ${taskColumns.join(', ')} FROM tasks WHERE segment_id = $1 AND id >= $2 AND id < $3`,

  findTexts: `SELECT field, code, text FROM dictionary
    WHERE segment_id = $1 AND (field, text) IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
  /** Those that are not there yet get the codes after the last. */
  addTexts: `INSERT INTO dictionary (segment_id, field, code, text)
    SELECT $1::int8, field, row_number() OVER (PARTITION BY field) + (
        SELECT coalesce(max(code), 0) FROM dictionary WHERE segment_id = $1 AND dictionary.field = added.field
      ), text
    FROM unnest($2::text[], $3::text[]) AS added (field, text)
    WHERE NOT EXISTS (
      SELECT FROM dictionary WHERE segment_id = $1 AND dictionary.field = added.field AND dictionary.text = added.text
    )`,

  unfilled: 'SELECT id FROM segments WHERE schema = 0 ORDER BY id',
  /** Blocks of $2 rows in segment $1 of which no columns are stored, oldest first. */
  missing: `SELECT block FROM
      (SELECT min(id) / $2::int8 AS first, max(id) / $2::int8 AS last FROM tasks WHERE segment_id = $1) AS range,
      generate_series(range.first, range.last) AS block
    WHERE block NOT IN (SELECT block FROM column_zones WHERE segment_id = $1 AND field = 'timestamp')
    ORDER BY block`,
  setFilled: `UPDATE segments SET schema = ${withCharacters} WHERE id = $1`,
};

interface Place {
  segmentId: number;
  field: string;
  number: number;
}

/** A parameter a value: in an array, bytes would be sent as hexadecimal text. */
export function toSaveBlocks(blocks: readonly (Place & { data: Buffer })[]): pg.QueryConfig {
  const rows = blocks.map(({ segmentId, field, number, data }) => [segmentId, field, number, data]);
  return {
    text: `INSERT INTO column_blocks (segment_id, field, block, data) VALUES ${toMarks(rows)}
      ON CONFLICT (field, block, segment_id) DO UPDATE SET data = excluded.data`,
    values: rows.flat(),
  };
}

export function toSaveZones(zones: readonly (Place & Zone)[]): pg.QueryConfig {
  const rows = zones.map(({ segmentId, field, number, low, high }) => [segmentId, field, number, low, high]);
  return {
    text: `INSERT INTO column_zones (segment_id, field, block, low, high) VALUES ${toMarks(rows)}
      ON CONFLICT (field, block, segment_id) DO UPDATE SET low = excluded.low, high = excluded.high`,
    values: rows.flat(),
  };
}

function toMarks(rows: readonly unknown[][]): string {
  let mark = 0;
  return rows.map((row) => `(${row.map(() => `$${++mark}`).join(', ')})`).join(', ');
}
