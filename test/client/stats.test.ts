import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createTenant } from "../support/tenants.ts";

it("the typed client reads statistics, of all queues or of one", async () => {
  const { key } = await createTenant();
  const client = createClient({ url: "https://sluice.test", key, fetch: (request) => exports.default.fetch(request) });
  await client.jobs.enqueue("noop", {}, { queue: "mail", delay: "1h" });
  await client.jobs.enqueue("noop", {}, { delay: "1h" });
  expect((await client.stats.get()).totals.in).toBe(2);
  const { window, totals, queues } = await client.stats.get({ window: "24h", queue: "mail" });
  expect([window, totals.in, queues.map(({ name }) => name)]).toEqual(["24h", 1, ["mail"]]);
  await expect(client.stats.get({ window: "1y" as never })).rejects.toMatchObject({ code: "invalid_parameter" });
});
