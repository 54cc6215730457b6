import { z } from "zod";
import { missingScopes, type Scope } from "../domain/grant.ts";
import { typeSchema } from "../protocol/job-request.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { AllowedTypes } from "./allowed-types.ts";

/** The scopes that calls of other Workers have a use for. */
const SERVICE_SCOPES = ["jobs:write", "jobs:read"] as const satisfies readonly Scope[];
const MOST_TYPES = 100;

const propsSchema = z.strictObject({
  tenantId: z.string().min(1),
  scopes: z
    .array(z.enum(SERVICE_SCOPES))
    .min(1)
    .default([...SERVICE_SCOPES]),
  /** Default: any. */
  types: z.array(typeSchema).min(1).max(MOST_TYPES).optional(),
});

/** Whom a service binding speaks for, and what it allows. */
export interface ServiceGrant {
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  readonly types: AllowedTypes;
}

/**
 * What the `props` of a service binding say: who deploys the Worker that calls has written them, and its code cannot
 * change them.
 * @throws SluiceError `not_configured`, which says what to write
 */
export function readServiceProps(props: unknown): ServiceGrant {
  const parsed = propsSchema.safeParse(props ?? {});
  if (parsed.success) return { ...parsed.data, types: parsed.data.types ?? null };
  const wrong = parsed.error.issues
    .map(({ path, message }) => `${["props", ...path].join(".")}: ${message}`)
    .join("; ");
  const advice = 'write entrypoint = "SluiceService" and props = { tenantId = "acme" } into its [[services]] entry';
  throw new SluiceError("not_configured", `The service binding names no tenant that can be used (${wrong}): ${advice}`);
}

/** @throws SluiceError `insufficient_scope` */
export function assertScope({ scopes, types }: ServiceGrant, scope: Scope): void {
  if (missingScopes({ scopes, types, expiresAt: null }, [scope]).length === 0) return;
  throw new SluiceError("insufficient_scope", `The service binding has not the scope ${scope}: see its props`);
}
