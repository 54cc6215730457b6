import { inject } from "vitest";
import { type Client, createClient } from "../../../src/client/client.ts";
import type { JobTypes } from "../../../src/protocol/jobs-api.ts";
import type { Tenant } from "./runtime.ts";

/** The API as a tenant's own code calls it. */
export function clientOf(tenant: Tenant): Client<JobTypes> {
  const { url, keys } = inject("dashboard");
  return createClient({ url, key: keys[tenant] });
}
