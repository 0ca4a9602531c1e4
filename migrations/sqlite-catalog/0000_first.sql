CREATE TABLE `facts` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `gaps` (
	`id` integer PRIMARY KEY NOT NULL,
	`broker` text NOT NULL,
	`from_at` real NOT NULL,
	`to_at` real,
	`why` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `gaps_broker_from` ON `gaps` (`broker`,`from_at`);--> statement-breakpoint
CREATE INDEX `gaps_from` ON `gaps` (`from_at`);--> statement-breakpoint
CREATE TABLE `rejects` (
	`id` integer PRIMARY KEY NOT NULL,
	`at` real NOT NULL,
	`broker` text NOT NULL,
	`reason` text NOT NULL,
	`routing_key` text NOT NULL,
	`content_type` text,
	`excerpt` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `segments` (
	`id` integer PRIMARY KEY NOT NULL,
	`created_at` real NOT NULL,
	`sealed_at` real,
	`newest_timestamp` real,
	`newest_received` real,
	`oldest` real,
	`tasks` integer NOT NULL,
	`schema` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `task_names` (
	`name` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `workers` (
	`hostname` text PRIMARY KEY NOT NULL,
	`last_seen` real NOT NULL,
	`worker` text NOT NULL
);
