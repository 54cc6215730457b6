ALTER TABLE `jobs` ADD `steps` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `logs` text;