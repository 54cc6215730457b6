import type { Context } from "hono";
import { readConfig } from "../config.ts";
import type { Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";
import type { Caller } from "./authenticate.ts";
import type { Deployment } from "./deployment.ts";

/** What a route of a tenant has. */
export interface TenantRouteEnv {
  Bindings: SluiceEnv;
  Variables: { tenantId: string; caller: Caller; registry: Registry; baseUrl: string };
}

/** The deployment as it is for the caller's tenant: with the tenant's own limit of a payload. */
export function deploymentOf(c: Context<TenantRouteEnv>): Deployment {
  const config = readConfig(c.env);
  const { maxPayloadBytes } = c.get("caller");
  return {
    env: c.env,
    config: maxPayloadBytes === null ? config : { ...config, maxPayloadBytes },
    registry: c.get("registry"),
  };
}
