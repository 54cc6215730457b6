CREATE TABLE jobs (
	id TEXT PRIMARY KEY NOT NULL,
	tenant_id TEXT NOT NULL,
	type TEXT NOT NULL,
	queue TEXT NOT NULL,
	priority INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
	attempt INTEGER NOT NULL DEFAULT 0,
	max_attempts INTEGER NOT NULL,
	payload TEXT NOT NULL,
	result TEXT,
	error TEXT,
	created_at INTEGER NOT NULL,
	started_at INTEGER,
	finished_at INTEGER
) STRICT;
--> statement-breakpoint
CREATE INDEX jobs_by_state ON jobs (tenant_id, state, created_at);
