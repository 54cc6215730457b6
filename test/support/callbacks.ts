import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { fireAlarm } from "./gate.ts";
import { rowOf } from "./rows.ts";

type Row = Record<string, unknown> & { readonly id: string };

/** The deliveries that a job's end has brought about, as they are in D1. */
export async function deliveriesOf(tenantId: string, jobId: string): Promise<Row[]> {
  const { results } = await env.DB.prepare("SELECT * FROM jobs WHERE tenant_id = ?1 AND parent_id = ?2")
    .bind(tenantId, jobId)
    .all<Row>();
  return results;
}

/** What a delivery tells its receiver. */
export const eventOf = (delivery: Row | undefined) => JSON.parse(String(delivery?.["payload"])).event;

/** The job's delivery once it is in this state; nothing but the gate itself brings it there. */
export async function deliveryIn(tenantId: string, jobId: string, state: string): Promise<Row> {
  return vi.waitFor(
    async () => {
      const [delivery] = await deliveriesOf(tenantId, jobId);
      expect(delivery?.["state"]).toBe(state);
      return delivery!;
    },
    { timeout: 10_000, interval: 10 },
  );
}

/** Lets a delivery that waits for its next try be tried now; resolves with its row when it has been. */
export async function tryAgain(tenantId: string, id: string): Promise<Row> {
  const { attempt } = await rowOf(tenantId, id);
  await env.DB.prepare("UPDATE jobs SET due_at = ?3 WHERE tenant_id = ?1 AND id = ?2 AND state = 'retrying'")
    .bind(tenantId, id, Date.now())
    .run();
  await fireAlarm(tenantId);
  return vi.waitFor(
    async () => {
      const row: Row = { ...(await rowOf(tenantId, id)), id };
      expect(row["attempt"]).toBe(Number(attempt) + 1);
      expect(row["state"]).not.toBe("running");
      return row;
    },
    { timeout: 10_000, interval: 10 },
  );
}
