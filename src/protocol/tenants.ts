import { z } from "zod";
import { JURISDICTIONS, LOCATION_HINTS, type Region } from "../domain/region.ts";
import { isTenantId, TENANT_ID_RULE } from "../domain/tenant-id.ts";
import { displayNameSchema } from "./keys.ts";

const limit = (least: number, most: number) => z.int().min(least).max(most).nullable().optional();

/** Null: the deployment's default. What is left out stays as it is. */
const limitsSchema = z.strictObject({
  /** Jobs per second. */
  rate: limit(1, 100_000),
  /** Jobs at once after a pause. */
  burst: limit(1, 1_000_000),
  /** Unfinished jobs that are not in the Queue and not running. */
  backlog: limit(1, 10_000_000),
  /** Jobs in the Queue or running. */
  concurrency: limit(1, 10_000),
  /** Bytes of one payload. */
  maxPayloadBytes: limit(1_024, 25_000_000),
});

/** What the operator sends to have a tenant made. */
export const tenantRequestSchema = z.strictObject({
  id: z.string().refine(isTenantId, `must be ${TENANT_ID_RULE}`),
  /** Default: its id. */
  name: displayNameSchema.optional(),
  limits: limitsSchema.default({}),
  /** Where its gate is, for good. */
  region: z
    .strictObject({
      locationHint: z.enum(LOCATION_HINTS).nullable().default(null),
      jurisdiction: z.enum(JURISDICTIONS).nullable().default(null),
    })
    .default({ locationHint: null, jurisdiction: null }),
});

/** What the operator sends to change a tenant. */
export const tenantChangeSchema = z.strictObject({
  name: displayNameSchema.optional(),
  limits: limitsSchema.default({}),
});

/** Limits that a tenant has of its own; null: the deployment's default. */
export interface OwnLimits {
  readonly rate: number | null;
  readonly burst: number | null;
  readonly backlog: number | null;
  readonly concurrency: number | null;
  readonly maxPayloadBytes: number | null;
}

/** A tenant, as the operator sees it. Times are ISO 8601 in UTC. */
export interface TenantView {
  readonly id: string;
  readonly name: string;
  /** `deleted`: it is going away, and answers 404 when nothing of it is left. */
  readonly state: "active" | "suspended" | "deleted";
  readonly limits: OwnLimits;
  /** What is in force: its own, or the deployment's default. */
  readonly effectiveLimits: { readonly [Name in keyof OwnLimits]: number };
  readonly region: Region;
  readonly createdAt: string;
  readonly suspendedAt: string | null;
  readonly deletedAt: string | null;
}

/** In the order of their ids. */
export interface TenantList {
  readonly data: readonly TenantView[];
  readonly nextCursor: string | null;
}
