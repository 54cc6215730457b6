CREATE TABLE `queues` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`concurrency` integer,
	`rate_limit` integer,
	`rate_period_ms` integer,
	`paused` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `name`),
	CONSTRAINT "queues_concurrency" CHECK(concurrency >= 1),
	CONSTRAINT "queues_rate" CHECK((rate_limit IS NULL) = (rate_period_ms IS NULL) AND (rate_limit IS NULL OR (rate_limit >= 1 AND rate_period_ms >= 1))),
	CONSTRAINT "queues_paused" CHECK(paused IN (0, 1))
) STRICT, WITHOUT ROWID;
