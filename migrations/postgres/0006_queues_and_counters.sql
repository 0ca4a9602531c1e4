CREATE TABLE "queue_depths" (
	"queue" text COLLATE "C" NOT NULL,
	"minute" bigint NOT NULL,
	"ready" bigint NOT NULL,
	"unacked" bigint,
	"consumers" bigint
);
--> statement-breakpoint
CREATE TABLE "task_counters" (
	"hostname" text COLLATE "C" NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"task" text COLLATE "C" NOT NULL,
	"events" bigint NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "queue_depths_key" ON "queue_depths" USING btree ("queue","minute");--> statement-breakpoint
CREATE INDEX "queue_depths_minute" ON "queue_depths" USING btree ("minute");--> statement-breakpoint
CREATE UNIQUE INDEX "task_counters_key" ON "task_counters" USING btree ("hostname","task","type");