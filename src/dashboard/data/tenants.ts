import type { TenantList } from "../../protocol/tenant-view.ts";
import { read } from "./api.ts";

const PER_PAGE = "100";

/** The deployment's tenants, by id; only the operator's token reads them. */
export function readTenants(cursor: string | undefined): Promise<TenantList> {
  return read<TenantList>("/v1/tenants", { limit: PER_PAGE, cursor });
}
