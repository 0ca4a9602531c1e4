CREATE TABLE "counters" (
	"segment_id" bigint NOT NULL,
	"hostname" text COLLATE "C" NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"events" bigint NOT NULL,
	CONSTRAINT "counters_hostname_type_segment_id_pk" PRIMARY KEY("hostname","type","segment_id")
);
--> statement-breakpoint
CREATE TABLE "coverage" (
	"segment_id" bigint NOT NULL,
	"sender_id" bigint NOT NULL,
	"minute" bigint NOT NULL,
	"started" bigint NOT NULL,
	"processed" bigint,
	CONSTRAINT "coverage_sender_id_minute_segment_id_pk" PRIMARY KEY("sender_id","minute","segment_id")
) PARTITION BY LIST ("segment_id");
--> statement-breakpoint
CREATE TABLE "facts" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"value" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gaps" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "gaps_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"broker" text COLLATE "C" NOT NULL,
	"from_at" double precision NOT NULL,
	"to_at" double precision,
	"why" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "other_events" (
	"segment_id" bigint NOT NULL,
	"sender_id" bigint NOT NULL,
	"at" double precision NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"clock" bigint NOT NULL,
	"data" text COLLATE "C",
	CONSTRAINT "other_events_sender_id_at_type_clock_segment_id_pk" PRIMARY KEY("sender_id","at","type","clock","segment_id")
) PARTITION BY LIST ("segment_id");
--> statement-breakpoint
CREATE TABLE "rejects" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rejects_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" double precision NOT NULL,
	"broker" text COLLATE "C" NOT NULL,
	"reason" text COLLATE "C" NOT NULL,
	"routing_key" text COLLATE "C" NOT NULL,
	"content_type" text COLLATE "C",
	"excerpt" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "segments" (
	"id" bigint PRIMARY KEY NOT NULL,
	"created_at" double precision NOT NULL,
	"sealed_at" double precision,
	"newest_timestamp" double precision,
	"newest_received" double precision,
	"oldest" double precision,
	"tasks" bigint NOT NULL,
	"schema" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "senders" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "senders_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"segment_id" bigint NOT NULL,
	"hostname" text COLLATE "C" NOT NULL,
	"pid" bigint NOT NULL,
	CONSTRAINT "senders_id_segment_id_pk" PRIMARY KEY("id","segment_id")
) PARTITION BY LIST ("segment_id");
--> statement-breakpoint
CREATE TABLE "task_events" (
	"segment_id" bigint NOT NULL,
	"task_id" bigint NOT NULL,
	"at" double precision NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"sender_id" bigint NOT NULL,
	"clock" bigint,
	"data" text COLLATE "C",
	CONSTRAINT "task_events_task_id_at_subject_sender_id_segment_id_pk" PRIMARY KEY("task_id","at","subject","sender_id","segment_id")
) PARTITION BY LIST ("segment_id");
--> statement-breakpoint
CREATE TABLE "task_names" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "tasks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"segment_id" bigint NOT NULL,
	"uuid" "bytea" NOT NULL,
	"name" text COLLATE "C",
	"state" text COLLATE "C" NOT NULL,
	"timestamp" double precision NOT NULL,
	"sent" double precision,
	"received" double precision,
	"started" double precision,
	"succeeded" double precision,
	"failed" double precision,
	"retried" double precision,
	"revoked" double precision,
	"rejected" double precision,
	"custom_state" text COLLATE "C",
	"custom_at" double precision,
	"runtime" double precision,
	"retries" bigint,
	"clock" bigint NOT NULL,
	"worker" text COLLATE "C",
	"client" text COLLATE "C",
	"queue" text COLLATE "C",
	"exchange" text COLLATE "C",
	"routing_key" text COLLATE "C",
	"indexed" bigint DEFAULT 0 NOT NULL,
	"eta" text COLLATE "C",
	"expires" text COLLATE "C",
	"root_id" "bytea",
	"parent_id" "bytea",
	"inferred" text COLLATE "C",
	"args" text COLLATE "C",
	"kwargs" text COLLATE "C",
	"result" text COLLATE "C",
	"exception" text COLLATE "C",
	"traceback" text COLLATE "C",
	CONSTRAINT "tasks_id_segment_id_pk" PRIMARY KEY("id","segment_id")
) PARTITION BY LIST ("segment_id");
--> statement-breakpoint
CREATE TABLE "workers" (
	"hostname" text COLLATE "C" PRIMARY KEY NOT NULL,
	"last_seen" double precision NOT NULL,
	"worker" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "gaps_broker_from" ON "gaps" USING btree ("broker","from_at");--> statement-breakpoint
CREATE INDEX "gaps_from" ON "gaps" USING btree ("from_at");--> statement-breakpoint
CREATE UNIQUE INDEX "senders_hostname_pid" ON "senders" USING btree ("hostname","pid","segment_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_uuid" ON "tasks" USING btree ("uuid","segment_id");--> statement-breakpoint
CREATE INDEX "tasks_timestamp" ON "tasks" USING btree ("timestamp" NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tasks_received" ON "tasks" USING btree ("received" NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tasks_state_received" ON "tasks" USING btree ("state" NULLS FIRST,"received" NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tasks_name_received" ON "tasks" USING btree ("name" NULLS FIRST,"received" NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tasks_worker_received" ON "tasks" USING btree ("worker" NULLS FIRST,"received" NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tasks_parent" ON "tasks" USING btree ("parent_id") WHERE "tasks"."parent_id" is not null;