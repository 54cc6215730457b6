CREATE TABLE `endpoint_rejections` (
	`tenant_id` text NOT NULL,
	`endpoint_id` text NOT NULL,
	`id` text NOT NULL,
	`at` integer NOT NULL,
	`cause` text NOT NULL,
	`detail` text,
	`user_agent` text,
	`count` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `endpoint_id`, `id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `endpoints` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`provider` text,
	`scheme` text,
	`secrets` text NOT NULL,
	`previous_until` integer,
	`type` text NOT NULL,
	`queue` text NOT NULL,
	`priority` integer NOT NULL,
	`events` text NOT NULL,
	`disabled` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `id`),
	CONSTRAINT "endpoints_scheme" CHECK((provider IS NULL) <> (scheme IS NULL)),
	CONSTRAINT "endpoints_disabled" CHECK(disabled IN (0, 1))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `endpoints_name` ON `endpoints` (`tenant_id`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `endpoints_id` ON `endpoints` (`id`);