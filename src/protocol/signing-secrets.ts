import { z } from "zod";
import { isJobId } from "../domain/id.ts";
import { durationSchema } from "./duration-schema.ts";

const DAY_MS = 86_400_000;
const LONGEST_OVERLAP_DAYS = 30;

/** What a caller sends to rotate a tenant's signing secrets. */
export const rotateRequestSchema = z.strictObject({
  /** For how long the secrets so far go on signing beside the new one; 0 stops them at once. Default 24 h. */
  overlap: durationSchema({
    leastMs: 0,
    mostMs: LONGEST_OVERLAP_DAYS * DAY_MS,
    message: `must be 0 to ${LONGEST_OVERLAP_DAYS} days`,
  }).default("24h"),
  /** A UUIDv7 of the caller's for the new secret: the same id again is the same rotation. */
  id: z.string().refine(isJobId, "must be a UUIDv7 in lower case").optional(),
});

export type RotateRequest = z.input<typeof rotateRequestSchema>;

/** A secret that signs a tenant's deliveries, as its tenant sees it. Times are ISO 8601 in UTC. */
export interface SigningSecretView {
  readonly id: string;
  /** `whsec_…`: what a receiver verifies with (Standard Webhooks). */
  readonly secret: string;
  /**
   * `whpk_…`: what a receiver verifies the `v1a` signatures with (ed25519), which lets nobody sign. Null for a secret that
   * was made before there were such.
   */
  readonly publicKey: string | null;
  readonly createdAt: string;
  /** When it stops signing; null for the newest. */
  readonly expiresAt: string | null;
}

/** Newest first. */
export interface SigningSecretList {
  readonly data: readonly SigningSecretView[];
}
