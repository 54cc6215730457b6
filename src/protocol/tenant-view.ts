import { z } from "zod";
import { JURISDICTIONS, LOCATION_HINTS } from "../domain/region.ts";
import { type View, viewTimeSchema } from "./view.ts";

const ownLimitsSchema = z.strictObject({
  rate: z.int().nullable(),
  burst: z.int().nullable(),
  backlog: z.int().nullable(),
  concurrency: z.int().nullable(),
  maxPayloadBytes: z.int().nullable(),
});

const effectiveLimitsSchema = z.strictObject({
  rate: z.int(),
  burst: z.int(),
  backlog: z.int(),
  concurrency: z.int(),
  maxPayloadBytes: z.int(),
});

export const tenantViewSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    state: z
      .enum(["active", "suspended", "deleted"])
      .describe("`deleted`: it is going away, and answers 404 when nothing of it is left."),
    limits: ownLimitsSchema.describe("Limits that it has of its own; null: the deployment's default."),
    effectiveLimits: effectiveLimitsSchema.describe("What is in force: its own, or the deployment's default."),
    region: z.strictObject({
      locationHint: z.enum(LOCATION_HINTS).nullable(),
      jurisdiction: z.enum(JURISDICTIONS).nullable(),
    }),
    createdAt: viewTimeSchema,
    suspendedAt: viewTimeSchema.nullable(),
    deletedAt: viewTimeSchema.nullable(),
  })
  .meta({ id: "Tenant", description: "A tenant, as the operator sees it." });

export const tenantListSchema = z
  .strictObject({ data: z.array(tenantViewSchema), nextCursor: z.string().nullable() })
  .meta({ id: "TenantList", description: "In the order of their ids." });

export type TenantView = View<typeof tenantViewSchema>;
/** Limits that a tenant has of its own; null: the deployment's default. */
export type OwnLimits = TenantView["limits"];
export type TenantList = View<typeof tenantListSchema>;
