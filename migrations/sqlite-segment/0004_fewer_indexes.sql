DROP INDEX `tasks_timestamp`;--> statement-breakpoint
DROP INDEX `tasks_received`;--> statement-breakpoint
DROP INDEX `tasks_state_received`;--> statement-breakpoint
DROP INDEX `tasks_name_received`;--> statement-breakpoint
DROP INDEX `tasks_worker_received`;