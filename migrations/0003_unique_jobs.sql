ALTER TABLE `jobs` ADD `unique_key` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `unique_until` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_unique` ON `jobs` (`tenant_id`,`unique_key`) WHERE unique_key IS NOT NULL;