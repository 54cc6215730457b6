CREATE TABLE `api_keys` (
	`hash` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `jobs` (
	`tenant_id` text NOT NULL,
	`id` text NOT NULL,
	`state` text NOT NULL,
	`type` text NOT NULL,
	`queue` text NOT NULL,
	`priority` integer NOT NULL,
	`released` integer DEFAULT 0 NOT NULL,
	`due_at` integer,
	`ready_at` integer,
	`lease_until` integer,
	`claim` text,
	`deliveries` integer DEFAULT 0 NOT NULL,
	`attempt` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`crashes` integer DEFAULT 0 NOT NULL,
	`max_attempts` integer NOT NULL,
	`timeout_ms` integer NOT NULL,
	`backoff` text NOT NULL,
	`solo` integer DEFAULT 0 NOT NULL,
	`payload_bytes` integer NOT NULL,
	`idempotency_key` text,
	`request_digest` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`payload` text,
	`payload_blob` text,
	`result` text,
	`result_blob` text,
	`errors` text,
	PRIMARY KEY(`tenant_id`, `id`),
	CONSTRAINT "jobs_state" CHECK(state IN ('scheduled', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled')),
	CONSTRAINT "jobs_finished" CHECK((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
	CONSTRAINT "jobs_wait_for_one_thing" CHECK((finished_at IS NOT NULL) + (due_at IS NOT NULL) + (ready_at IS NOT NULL AND released = 0) = 1),
	CONSTRAINT "jobs_released" CHECK(released = 0 OR state IN ('queued', 'running')),
	CONSTRAINT "jobs_running" CHECK(state <> 'running' OR (released = 1 AND lease_until IS NOT NULL AND claim IS NOT NULL)),
	CONSTRAINT "jobs_payload" CHECK((payload IS NULL) <> (payload_blob IS NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `jobs_timed` ON `jobs` (`tenant_id`,`released`,`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `jobs_waiting` ON `jobs` (`tenant_id`,`queue`,priority DESC,`ready_at`) WHERE ready_at IS NOT NULL AND released = 0;--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_key` ON `jobs` (`tenant_id`,`idempotency_key`) WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`rate` integer,
	`burst` integer,
	`backlog` integer,
	`concurrency` integer,
	`gate_epoch` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
) STRICT, WITHOUT ROWID;

