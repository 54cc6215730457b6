CREATE TABLE `chores` (
	`name` text PRIMARY KEY NOT NULL,
	`after` text,
	`begun_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `job_blobs` (
	`tenant_id` text NOT NULL,
	`blob_id` text NOT NULL,
	`job_id` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `blob_id`, `job_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `signing_secrets` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	PRIMARY KEY(`tenant_id`, `id`)
) STRICT, WITHOUT ROWID;
