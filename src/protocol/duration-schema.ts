import { z } from "zod";
import { type Duration, durationMs } from "../domain/duration.ts";

const writtenSchema = z
  .union([z.number(), z.templateLiteral([z.number(), z.enum(["ms", "s", "m", "h", "d"])])], {
    error: 'must be seconds, or as in "500ms", "10s"',
  })
  .meta({
    id: "Duration",
    description: 'Seconds as a number, or a number with a unit: "250ms", "90s", "5m", "2h", "7d".',
  });

/**
 * A duration as callers write it: seconds, or text such as "90s".
 * @param range which durations are taken, and how that is said to who gives another one
 */
export function durationSchema(range: { leastMs: number; mostMs: number; message: string }) {
  const isInRange = (duration: Duration): boolean => {
    try {
      const ms = durationMs(duration);
      return ms >= range.leastMs && ms <= range.mostMs;
    } catch {
      return false;
    }
  };
  // Nothing else is asked of one that is out of range, not even how long it is.
  return writtenSchema.refine(isInRange, { error: range.message, abort: true });
}
