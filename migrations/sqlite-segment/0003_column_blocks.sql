CREATE TABLE `column_blocks` (
	`field` text NOT NULL,
	`block` integer NOT NULL,
	`data` blob NOT NULL,
	PRIMARY KEY(`field`, `block`)
);
--> statement-breakpoint
CREATE TABLE `column_zones` (
	`field` text NOT NULL,
	`block` integer NOT NULL,
	`low` real,
	`high` real,
	PRIMARY KEY(`field`, `block`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `dictionary` (
	`field` text NOT NULL,
	`code` integer NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`field`, `code`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `dictionary_text` ON `dictionary` (`field`,`text`);--> statement-breakpoint
CREATE INDEX `tasks_root` ON `tasks` (`root_id`) WHERE length(root_id) > 0;--> statement-breakpoint
CREATE INDEX `tasks_open` ON `tasks` (`received`,`id`,`state`) WHERE state not in ('SUCCESS', 'FAILURE', 'REVOKED', 'REJECTED');