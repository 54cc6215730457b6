import { z } from "zod";
import { queueNameSchema } from "./queue-settings.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far back statistics go, and how finely; in milliseconds. */
export const STATS_WINDOWS = {
  "1h": { spanMs: HOUR, stepMs: MINUTE },
  "24h": { spanMs: DAY, stepMs: MINUTE },
  "30d": { spanMs: 30 * DAY, stepMs: HOUR },
} as const;
export type StatsWindow = keyof typeof STATS_WINDOWS;

export const statsWindowSchema = z.enum(Object.keys(STATS_WINDOWS) as [StatsWindow, ...StatsWindow[]]);

/** What a caller asks for. */
export const statsQuerySchema = z.strictObject({
  window: statsWindowSchema.default("1h").meta({ description: "How far back.", example: "24h" }),
  queue: queueNameSchema.optional().meta({ description: "Only this one.", example: "reports" }),
});
export type StatsQuery = z.output<typeof statsQuerySchema>;
export type StatsRequest = z.input<typeof statsQuerySchema>;
