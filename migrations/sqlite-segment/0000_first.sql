CREATE TABLE `counters` (
	`hostname` text NOT NULL,
	`type` text NOT NULL,
	`events` integer NOT NULL,
	PRIMARY KEY(`hostname`, `type`)
);
--> statement-breakpoint
CREATE TABLE `coverage` (
	`sender_id` integer NOT NULL,
	`minute` integer NOT NULL,
	`started` integer NOT NULL,
	`processed` integer,
	PRIMARY KEY(`sender_id`, `minute`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `other_events` (
	`sender_id` integer NOT NULL,
	`at` real NOT NULL,
	`type` text NOT NULL,
	`clock` integer NOT NULL,
	`data` text,
	PRIMARY KEY(`sender_id`, `at`, `type`, `clock`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `senders` (
	`id` integer PRIMARY KEY NOT NULL,
	`hostname` text NOT NULL,
	`pid` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `senders_hostname_pid` ON `senders` (`hostname`,`pid`);--> statement-breakpoint
CREATE TABLE `task_events` (
	`task_id` integer NOT NULL,
	`at` real NOT NULL,
	`subject` text NOT NULL,
	`sender_id` integer NOT NULL,
	`clock` integer,
	`data` text,
	PRIMARY KEY(`task_id`, `at`, `subject`, `sender_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` blob NOT NULL,
	`name` text,
	`state` text NOT NULL,
	`timestamp` real NOT NULL,
	`sent` real,
	`received` real,
	`started` real,
	`succeeded` real,
	`failed` real,
	`retried` real,
	`revoked` real,
	`rejected` real,
	`custom_state` text,
	`custom_at` real,
	`runtime` real,
	`retries` integer,
	`clock` integer NOT NULL,
	`worker` text,
	`client` text,
	`queue` text,
	`exchange` text,
	`routing_key` text,
	`indexed` integer DEFAULT 0 NOT NULL,
	`eta` text,
	`expires` text,
	`root_id` blob,
	`parent_id` blob,
	`inferred` text,
	`args` text,
	`kwargs` text,
	`result` text,
	`exception` text,
	`traceback` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_uuid` ON `tasks` (`uuid`);--> statement-breakpoint
CREATE INDEX `tasks_timestamp` ON `tasks` (`timestamp`);--> statement-breakpoint
CREATE INDEX `tasks_received` ON `tasks` (`received`);--> statement-breakpoint
CREATE INDEX `tasks_state_received` ON `tasks` (`state`,`received`);--> statement-breakpoint
CREATE INDEX `tasks_name_received` ON `tasks` (`name`,`received`);--> statement-breakpoint
CREATE INDEX `tasks_worker_received` ON `tasks` (`worker`,`received`);--> statement-breakpoint
CREATE INDEX `tasks_parent` ON `tasks` (`parent_id`) WHERE "tasks"."parent_id" is not null;