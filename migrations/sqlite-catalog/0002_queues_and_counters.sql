CREATE TABLE `queue_depths` (
	`queue` text NOT NULL,
	`minute` integer NOT NULL,
	`ready` integer NOT NULL,
	`unacked` integer,
	`consumers` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `queue_depths_key` ON `queue_depths` (`queue`,`minute`);--> statement-breakpoint
CREATE INDEX `queue_depths_minute` ON `queue_depths` (`minute`);--> statement-breakpoint
CREATE TABLE `task_counters` (
	`hostname` text NOT NULL,
	`type` text NOT NULL,
	`task` text NOT NULL,
	`events` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `task_counters_key` ON `task_counters` (`hostname`,`task`,`type`);