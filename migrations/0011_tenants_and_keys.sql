ALTER TABLE `api_keys` ADD `id` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `hint` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `scopes` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `types` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `revoked_at` integer;--> statement-breakpoint
CREATE INDEX `api_keys_tenant` ON `api_keys` (`tenant_id`);--> statement-breakpoint
ALTER TABLE `tenants` ADD `max_payload_bytes` integer;--> statement-breakpoint
ALTER TABLE `tenants` ADD `location_hint` text;--> statement-breakpoint
ALTER TABLE `tenants` ADD `jurisdiction` text;--> statement-breakpoint
ALTER TABLE `tenants` ADD `suspended_at` integer;--> statement-breakpoint
ALTER TABLE `tenants` ADD `deleted_at` integer;--> statement-breakpoint
CREATE INDEX `tenants_deleted` ON `tenants` (`deleted_at`) WHERE deleted_at IS NOT NULL;