ALTER TABLE `jobs` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `cancel_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `cancel_reason` text;--> statement-breakpoint
CREATE INDEX `jobs_expiring` ON `jobs` (`tenant_id`,`expires_at`) WHERE expires_at IS NOT NULL AND started_at IS NULL AND finished_at IS NULL;