import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { AlertView } from "../../src/protocol/alert-view.ts";
import type { AlertRequest } from "../../src/protocol/alerts.ts";
import { apiOf } from "./api.ts";
import { HOOK } from "./delivery.ts";

type Row = Record<string, unknown> & { readonly id: string };

type Tenant = { readonly id: string; readonly key: string };

type WithoutUrl<Request> = Request extends unknown ? Omit<Request, "url"> : never;

/** Where a tenant's alerts are told: nobody else's are told there. */
export const receiverOf = ({ id }: Tenant) => `${HOOK}/${id}`;

/** Gives a tenant an alert. */
export async function setAlert(tenant: Tenant, request: WithoutUrl<AlertRequest>, name = "alert"): Promise<AlertView> {
  const { status, body } = await apiOf(tenant).put(`/v1/alerts/${name}`, { url: receiverOf(tenant), ...request });
  expect(status).toBeLessThan(300);
  return body;
}

/** An alert as its tenant sees it. */
export async function alertOf(tenant: Tenant, name = "alert"): Promise<AlertView> {
  return (await apiOf(tenant).get(`/v1/alerts/${name}`)).body;
}

/** The jobs that tell of a tenant's alerts, in the order in which they were inserted. */
export async function toldOf(tenantId: string): Promise<Row[]> {
  const { results } = await env.DB.prepare(
    "SELECT * FROM jobs WHERE tenant_id = ?1 AND type = 'sluice.callback' AND parent_id IS NULL ORDER BY created_at, id",
  )
    .bind(tenantId)
    .all<Row>();
  return results;
}
