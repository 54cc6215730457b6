import { read } from "./api.ts";

/** A tenant, as far as the operator is shown it. */
export interface TenantLine {
  readonly id: string;
  readonly name: string;
  readonly state: "active" | "suspended" | "deleted";
  /** What is in force. */
  readonly effectiveLimits: Readonly<Record<"rate" | "burst" | "backlog" | "concurrency", number>>;
  readonly createdAt: string;
}

export interface TenantPage {
  readonly data: readonly TenantLine[];
  readonly nextCursor: string | null;
}

const PER_PAGE = "100";

/** The deployment's tenants, by id; only the operator's token reads them. */
export function readTenants(cursor: string | undefined): Promise<TenantPage> {
  return read<TenantPage>("/v1/tenants", { limit: PER_PAGE, cursor });
}
