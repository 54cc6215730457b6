import { z } from "zod";
import { durationMs } from "../domain/duration.ts";
import { SCOPES } from "../domain/grant.ts";
import { isJobId } from "../domain/id.ts";
import { durationSchema } from "./duration-schema.ts";
import { typeSchema } from "./job-request.ts";

const DAY_MS = 86_400_000;
const LONGEST_OVERLAP_DAYS = 30;
const LONGEST_LIFE_DAYS = 3_650;
const MOST_TYPES = 50;

/** What people call a tenant or a key: one line. */
export const displayNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((name) => !/\p{Cc}/u.test(name), "must be one line");

const idSchema = z.string().refine(isJobId, "must be a UUIDv7 in lower case").meta({ format: "uuid" });

const end = {
  expiresAt: z.iso
    .datetime({ offset: true, error: 'must be ISO 8601 with an offset, as "2027-01-31T09:00:00Z"' })
    .refine((time) => Date.parse(time) > Date.now(), "must be later than now")
    .optional()
    .describe("When the key ends by itself; never, unless it is said here or by `expiresIn`."),
  expiresIn: durationSchema({
    leastMs: 1_000,
    mostMs: LONGEST_LIFE_DAYS * DAY_MS,
    message: `must be 1 s to ${LONGEST_LIFE_DAYS} days`,
  }).optional(),
};

const endsOnce = ({ expiresAt, expiresIn }: { expiresAt?: unknown; expiresIn?: unknown }) =>
  expiresAt === undefined || expiresIn === undefined;
const ENDS_ONCE = { path: ["expiresIn"], message: "give expiresAt or expiresIn, not both" };

/** What a caller sends to have a key made. */
export const keyRequestSchema = z
  .strictObject({
    id: idSchema.optional().describe("A UUIDv7 of the caller's: a call that is repeated with it makes no second key."),
    name: displayNameSchema,
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(SCOPES.length)
      .refine((scopes) => new Set(scopes).size === scopes.length, "must name each scope once"),
    types: z
      .array(typeSchema)
      .min(1)
      .max(MOST_TYPES)
      .optional()
      .describe("The job types that it is limited to. Left out: as the key that makes it."),
    ...end,
  })
  .refine(endsOnce, ENDS_ONCE)
  .meta({ id: "KeyRequest" });

/** What a caller sends to have a key replaced. */
export const rotateKeySchema = z
  .strictObject({
    id: idSchema.optional().describe("A UUIDv7 of the caller's, of the new key."),
    overlap: durationSchema({
      leastMs: 0,
      mostMs: LONGEST_OVERLAP_DAYS * DAY_MS,
      message: `must be 0 to ${LONGEST_OVERLAP_DAYS} days`,
    })
      .default("24h")
      .describe("For how long the key so far goes on; 0 ends it at once."),
    ...end,
  })
  .refine(endsOnce, ENDS_ONCE)
  .meta({ id: "KeyRotation" });

export type KeyRequest = z.input<typeof keyRequestSchema>;
export type RotateKeyRequest = z.input<typeof rotateKeySchema>;

/** When a key ends that was asked for now, in milliseconds since the epoch; undefined when nothing was said. */
export function endOf(
  { expiresAt, expiresIn }: Pick<z.output<typeof keyRequestSchema>, "expiresAt" | "expiresIn">,
  now: number,
): number | undefined {
  if (expiresAt !== undefined) return Date.parse(expiresAt);
  return expiresIn === undefined ? undefined : now + durationMs(expiresIn);
}
