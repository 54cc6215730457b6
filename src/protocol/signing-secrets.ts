import { z } from "zod";
import { isJobId } from "../domain/id.ts";
import { durationSchema } from "./duration-schema.ts";

const DAY_MS = 86_400_000;
const LONGEST_OVERLAP_DAYS = 30;

/** What a caller sends to rotate a tenant's signing secrets. */
export const rotateRequestSchema = z
  .strictObject({
    overlap: durationSchema({
      leastMs: 0,
      mostMs: LONGEST_OVERLAP_DAYS * DAY_MS,
      message: `must be 0 to ${LONGEST_OVERLAP_DAYS} days`,
    })
      .default("24h")
      .describe("For how long the secrets so far go on signing beside the new one; 0 stops them at once."),
    id: z.string().refine(isJobId, "must be a UUIDv7 in lower case").optional().meta({
      format: "uuid",
      description: "A UUIDv7 of the caller's for the new secret: the same id again is the same rotation.",
    }),
  })
  .meta({ id: "SigningSecretRotation" });

export type RotateRequest = z.input<typeof rotateRequestSchema>;
