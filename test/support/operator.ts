import { env } from "cloudflare:workers";
import { apiOf, request } from "./api.ts";

const token = (env as unknown as { SLUICE_ADMIN_TOKEN: string }).SLUICE_ADMIN_TOKEN;

/** The operator API, with the operator's token. */
export const operator = {
  ...apiOf({ key: token }),
  patch: (path: string, body: unknown) =>
    request(path, {
      method: "PATCH",
      headers: { Authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
};

/** A key of a tenant that may do this and no more. */
export async function newKey(
  tenantId: string,
  request: { scopes?: string[]; types?: string[]; expiresIn?: number | string } = {},
): Promise<{ id: string; key: string }> {
  const all = ["jobs:write", "jobs:read", "manage"];
  const { body } = await operator.post(`/v1/tenants/${tenantId}/keys`, { name: "test", scopes: all, ...request });
  return { id: body.id, key: body.key };
}
