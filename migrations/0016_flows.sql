CREATE TABLE `job_groups` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text,
	`on_failure` text NOT NULL,
	`total` integer NOT NULL,
	`created_at` integer NOT NULL,
	`parent_id` text,
	`stopped_at` integer,
	`completed_at` integer,
	`failed` integer,
	`cancelled` integer,
	`types` text NOT NULL,
	`on_complete` text,
	`members` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `id`),
	CONSTRAINT "job_groups_on_failure" CHECK(on_failure IN ('continue', 'stop')),
	CONSTRAINT "job_groups_complete" CHECK((completed_at IS NULL) = (failed IS NULL) AND (completed_at IS NULL) = (cancelled IS NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `job_groups_stopping` ON `job_groups` (`tenant_id`,`id`) WHERE stopped_at IS NOT NULL AND completed_at IS NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `next` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `previous` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `previous_blob` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `group_id` text;--> statement-breakpoint
CREATE INDEX `jobs_previous` ON `jobs` (`tenant_id`,`previous_blob`) WHERE previous_blob IS NOT NULL;--> statement-breakpoint
CREATE INDEX `jobs_group_open` ON `jobs` (`tenant_id`,`group_id`) WHERE group_id IS NOT NULL AND finished_at IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_group_failed` ON `jobs` (`tenant_id`,`group_id`,`state`) WHERE group_id IS NOT NULL AND state IN ('failed', 'cancelled');