import { z } from "zod";
import { JURISDICTIONS, LOCATION_HINTS } from "../domain/region.ts";
import { isTenantId, TENANT_ID_RULE } from "../domain/tenant-id.ts";
import { displayNameSchema } from "./keys.ts";

const limit = (least: number, most: number) => z.int().min(least).max(most).nullable().optional();

const limitsSchema = z
  .strictObject({
    rate: limit(1, 100_000).describe("Jobs per second."),
    burst: limit(1, 1_000_000).describe("Jobs at once after a pause."),
    backlog: limit(1, 10_000_000).describe("Unfinished jobs that are not in the Queue and not running."),
    concurrency: limit(1, 10_000).describe("Jobs in the Queue or running."),
    maxPayloadBytes: limit(1_024, 25_000_000).describe("Bytes of one payload."),
  })
  .describe("Null: the deployment's default. What is left out stays as it is.");

/** What the operator sends to have a tenant made. */
export const tenantRequestSchema = z
  .strictObject({
    id: z.string().refine(isTenantId, `must be ${TENANT_ID_RULE}`),
    name: displayNameSchema.optional().describe("Default: its id."),
    limits: limitsSchema.default({}),
    region: z
      .strictObject({
        locationHint: z.enum(LOCATION_HINTS).nullable().default(null),
        jurisdiction: z.enum(JURISDICTIONS).nullable().default(null),
      })
      .default({ locationHint: null, jurisdiction: null })
      .describe("Where its gate is, for good."),
  })
  .meta({ id: "TenantRequest" });

/** What the operator sends to change a tenant. */
export const tenantChangeSchema = z
  .strictObject({
    name: displayNameSchema.optional(),
    limits: limitsSchema.default({}),
  })
  .meta({ id: "TenantChange" });

export type TenantRequest = z.input<typeof tenantRequestSchema>;
export type TenantChange = z.input<typeof tenantChangeSchema>;
