CREATE TABLE "column_blocks" (
	"segment_id" bigint NOT NULL,
	"field" text COLLATE "C" NOT NULL,
	"block" bigint NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "column_blocks_field_block_segment_id_pk" PRIMARY KEY("field","block","segment_id")
) PARTITION BY LIST ("segment_id");
--> statement-breakpoint
CREATE TABLE "column_zones" (
	"segment_id" bigint NOT NULL,
	"field" text COLLATE "C" NOT NULL,
	"block" bigint NOT NULL,
	"low" double precision,
	"high" double precision,
	CONSTRAINT "column_zones_field_block_segment_id_pk" PRIMARY KEY("field","block","segment_id")
) PARTITION BY LIST ("segment_id");
--> statement-breakpoint
CREATE TABLE "dictionary" (
	"segment_id" bigint NOT NULL,
	"field" text COLLATE "C" NOT NULL,
	"code" bigint NOT NULL,
	"text" text COLLATE "C" NOT NULL,
	CONSTRAINT "dictionary_field_code_segment_id_pk" PRIMARY KEY("field","code","segment_id")
) PARTITION BY LIST ("segment_id");
--> statement-breakpoint
CREATE UNIQUE INDEX "dictionary_text" ON "dictionary" USING btree ("field","text","segment_id");--> statement-breakpoint
CREATE INDEX "tasks_root" ON "tasks" USING btree ("root_id") WHERE length(root_id) > 0;--> statement-breakpoint
CREATE INDEX "tasks_open" ON "tasks" USING btree ("received" NULLS FIRST,"id","state") WHERE state not in ('SUCCESS', 'FAILURE', 'REVOKED', 'REJECTED');
--> statement-breakpoint
-- Numbers do not compress, and what is read as a whole need not be looked at by the server.
ALTER TABLE "column_blocks" ALTER COLUMN "data" SET STORAGE EXTERNAL;--> statement-breakpoint
-- Segments that are there have partitions of these tables too.
DO $$
DECLARE
	segment bigint;
	name text;
BEGIN
	FOR segment IN SELECT id FROM segments LOOP
		FOREACH name IN ARRAY ARRAY['column_blocks', 'column_zones', 'dictionary'] LOOP
			EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (%s)', name || '_' || segment, name, segment);
		END LOOP;
	END LOOP;
END $$;
