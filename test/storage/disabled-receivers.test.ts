import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import {
  disableReceiver,
  isDisabled,
  listDisabledReceivers,
  MOST_DISABLED_RECEIVERS,
} from "../../src/storage/disabled-receivers.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

it("remembers the latest 1,000 of a tenant, and forgets the oldest", async () => {
  const { id } = await createTenant();
  const rows = Array.from({ length: MOST_DISABLED_RECEIVERS }, (_, n) => [`https://example.com/${n}`, n + 1]);
  await env.DB.prepare(
    `INSERT INTO disabled_receivers (tenant_id, url, disabled_at, job_id)
     SELECT ?1, r.value->>0, r.value->>1, 'job' FROM json_each(?2) r`,
  )
    .bind(id, JSON.stringify(rows))
    .run();
  const meter = meterD1(env.DB);
  await disableReceiver(meter.db, id, { url: "https://example.com/new", disabledAt: 5_000, jobId: "job" });
  expect(meter.total().written).toBe(2);
  const listed = await listDisabledReceivers(env.DB, id);
  expect(listed).toHaveLength(MOST_DISABLED_RECEIVERS);
  expect(listed[0]).toMatchObject({ url: "https://example.com/new" });
  expect(await isDisabled(env.DB, id, "https://example.com/0")).toBe(false);
  expect(await isDisabled(env.DB, id, "https://example.com/1")).toBe(true);
});

it("keeps the first answer of a receiver that is disabled already", async () => {
  const { id } = await createTenant();
  for (const disabledAt of [1, 2]) {
    await disableReceiver(env.DB, id, { url: "https://example.com/", disabledAt, jobId: `job-${disabledAt}` });
  }
  expect(await listDisabledReceivers(env.DB, id)).toEqual([
    { url: "https://example.com/", disabledAt: 1, jobId: "job-1" },
  ]);
});
