import { z } from "zod";
import { durationMs } from "../domain/duration.ts";
/**
 * A duration as callers write it: seconds, or text such as "90s".
 * @param range which durations are taken, and how that is said to who gives another one
 */
export function durationSchema(range) {
  const isInRange = (duration) => {
    try {
      const ms = durationMs(duration);
      return ms >= range.leastMs && ms <= range.mostMs;
    } catch {
      return false;
    }
  };
  return z
    .union([z.number(), z.templateLiteral([z.number(), z.enum(["ms", "s", "m", "h", "d"])])], {
      error: 'must be seconds, or as in "500ms", "10s"',
    })
    .refine(isInRange, range.message);
}
