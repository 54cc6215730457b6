CREATE TABLE `disabled_receivers` (
	`tenant_id` text NOT NULL,
	`url` text NOT NULL,
	`disabled_at` integer NOT NULL,
	`job_id` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `url`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `jobs` ADD `callback` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `parent_id` text;