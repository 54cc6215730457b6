CREATE TABLE `schedules` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`cron` text NOT NULL,
	`timezone` text NOT NULL,
	`overlap` text NOT NULL,
	`missed` text NOT NULL,
	`paused` integer NOT NULL,
	`next_at` integer,
	`last_tick` integer,
	`last_job_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`draft` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `name`),
	CONSTRAINT "schedules_overlap" CHECK(overlap IN ('allow', 'skip')),
	CONSTRAINT "schedules_missed" CHECK(missed IN ('skip', 'runOnce')),
	CONSTRAINT "schedules_paused" CHECK(paused IN (0, 1) AND (paused = 0 OR next_at IS NULL)),
	CONSTRAINT "schedules_last" CHECK((last_tick IS NULL) = (last_job_id IS NULL)),
	CONSTRAINT "schedules_draft" CHECK(json_valid(draft))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `schedules_due` ON `schedules` (`tenant_id`,`next_at`) WHERE next_at IS NOT NULL;