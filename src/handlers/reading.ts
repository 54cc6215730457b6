import { z } from "zod";

const DAY_MS = 86_400_000;
const NAME = /^[^\p{Cc}\p{Cs}]{1,200}$/u;
/** A sum of as many readings as there can be stays a number. */
const MOST_VALUE = 1e100;

const time = z
  .union([z.int().min(0), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))], {
    error: "must be milliseconds since the epoch, or ISO 8601 with its offset",
  })
  .refine((at) => at >= 0 && at < Date.now() + DAY_MS, "must not be before 1970, or more than a day ahead");

const reading = z.strictObject({
  /** What is measured, and where: "pump-7/pressure". */
  series: z.string().regex(NAME, "must be 1 to 200 characters, and no control character"),
  /** When it was measured. */
  at: time,
  value: z.number().min(-MOST_VALUE).max(MOST_VALUE),
});

/** A job's payload. */
export const readingsInput = z.strictObject({
  /** The same id counts once, whichever job brings it. Default: the job's own. */
  id: z.string().regex(NAME, "must be 1 to 200 characters, and no control character").optional(),
  readings: z.array(reading).min(1).max(1_000),
});

export type Reading = z.output<typeof reading>;
