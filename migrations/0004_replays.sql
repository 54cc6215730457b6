CREATE TABLE `plans` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`action` text NOT NULL,
	`filter` text NOT NULL,
	`state` text NOT NULL,
	`place` text NOT NULL,
	`count` integer NOT NULL,
	`counted_all` integer NOT NULL,
	`truncated` integer NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`skipped` integer DEFAULT 0 NOT NULL,
	`last_failure` text,
	`per_second` integer,
	`created_at` integer NOT NULL,
	`confirmed_at` integer,
	`finished_at` integer,
	PRIMARY KEY(`tenant_id`, `id`),
	CONSTRAINT "plans_action" CHECK(action IN ('replay', 'cancel')),
	CONSTRAINT "plans_state" CHECK(state IN ('planned', 'running', 'finished', 'cancelled')),
	CONSTRAINT "plans_confirmed" CHECK((confirmed_at IS NOT NULL) = (per_second IS NOT NULL)),
	CONSTRAINT "plans_running_is_confirmed" CHECK(state NOT IN ('running', 'finished') OR confirmed_at IS NOT NULL),
	CONSTRAINT "plans_over" CHECK((finished_at IS NOT NULL) = (state IN ('finished', 'cancelled')))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `plans_running` ON `plans` (`tenant_id`,`id`) WHERE state = 'running';--> statement-breakpoint
ALTER TABLE `jobs` ADD `replay_of` text;