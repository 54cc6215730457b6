import type { TenantList, TenantView } from "../protocol/tenant-view.ts";
import type { TenantChange, TenantRequest } from "../protocol/tenants.ts";
import type { Calls } from "./calls.ts";
import { type KeysClient, keysClient } from "./keys.ts";

/** The tenants of a deployment, for its operator. Every method throws `SluiceError`. */
export interface TenantsClient {
  /** By id. */
  list(): AsyncIterable<TenantView>;
  get(id: string): Promise<TenantView>;
  /** @throws SluiceError `tenant_exists`, also when the answer of a first try was lost */
  create(request: TenantRequest): Promise<TenantView>;
  /** What is left out stays as it is; null brings the deployment's default back. */
  change(id: string, change: TenantChange): Promise<TenantView>;
  /** Admits and starts nothing any more; what runs goes on to its end. */
  suspend(id: string): Promise<TenantView>;
  /** Goes on with all that waits. */
  resume(id: string): Promise<TenantView>;
  /** Deletes all that the tenant has, for good, beginning two minutes later. */
  delete(id: string): Promise<TenantView>;
  /** The keys of a tenant; the operator may hand out any. */
  keys(id: string): KeysClient;
}

const PAGE = 100;

/** @param calls made with the operator's token */
export function tenantsClient({ call, post, send }: Calls): TenantsClient {
  const at = (id: string) => `/v1/tenants/${encodeURIComponent(id)}`;
  return {
    async *list() {
      let cursor: string | null = "";
      do {
        const from: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
        const page: TenantList = await call(`/v1/tenants?limit=${PAGE}${from}`);
        yield* page.data;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },
    get: (id) => call(at(id)),
    create: (request) => post("/v1/tenants", request),
    change: (id, change) => call(at(id), { method: "PATCH", body: JSON.stringify(change) }),
    suspend: (id) => post(`${at(id)}/suspend`),
    resume: (id) => post(`${at(id)}/resume`),
    delete: (id) => call(at(id), { method: "DELETE" }),
    keys: (id) => keysClient(send, `${at(id)}/keys`),
  };
}
