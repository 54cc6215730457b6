import { type CallOptions, callsAs } from "./calls.ts";
import { type TenantsClient, tenantsClient } from "./tenants.ts";

export interface OperatorClientOptions extends CallOptions {
  /** The deployment's `SLUICE_ADMIN_TOKEN`. */
  token: string;
}

/** What the operator of a deployment may call, and no tenant. */
export interface OperatorClient {
  readonly tenants: TenantsClient;
}

/** A client for the operator: `createOperatorClient({ url, token })`. Every method throws `SluiceError`. */
export function createOperatorClient({ token, ...options }: OperatorClientOptions): OperatorClient {
  return { tenants: tenantsClient(callsAs(token, options)) };
}
