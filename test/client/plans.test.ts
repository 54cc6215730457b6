import { exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { createClient, type Jobs } from "../../src/client/client.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import type { handlers } from "../support/handlers.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

async function clientOf() {
  const { id, key } = await createTenant();
  let lost = 0;
  const client = createClient<Jobs<typeof handlers>>({
    url: "https://sluice.test",
    key,
    retry: { baseMs: 1, capMs: 5 },
    // The answer to every first try is lost.
    fetch: async (request) => {
      const answer = await exports.default.fetch(request);
      if (lost++ % 2 === 1) return answer;
      await answer.text();
      throw new TypeError("the connection was lost");
    },
  });
  return { tenantId: id, client };
}

describe("a client", () => {
  it("replays a job, once even when the answer was lost", async () => {
    const { tenantId, client } = await clientOf();
    const [id] = await finishedJobs(tenantId, 1);
    const replay = await client.jobs.replay(id!);
    expect(replay).toMatchObject({ replayOf: id, type: "noop" });
    expect(await countJobs(tenantId)).toBe(2);
  });

  it("plans a replay, confirms it, and follows it to its end", async () => {
    const { tenantId, client } = await clientOf();
    await finishedJobs(tenantId, 4);
    const plan = await client.replays.plan({ type: "noop", state: "failed" });
    expect(plan).toMatchObject({ count: 4, state: "planned", action: "replay" });
    expect(plan.sample).toHaveLength(4);
    expect(await client.replays.confirm(plan.id, { perSecond: 50 })).toMatchObject({ perSecond: 50 });
    await vi.waitFor(async () => expect((await client.replays.get(plan.id)).state).toBe("finished"), 10_000);
    expect((await client.replays.list()).map(({ id }) => id)).toContain(plan.id);
    expect(await countJobs(tenantId)).toBe(8);
  });

  it("plans a cancellation, and leaves it", async () => {
    const { client } = await clientOf();
    await client.jobs.enqueue("noop", null, { delay: "1h" });
    const plan = await client.cancellations.plan({ type: "noop", state: "scheduled" });
    expect(plan).toMatchObject({ count: 1, action: "cancel" });
    expect(await client.cancellations.cancel(plan.id)).toMatchObject({ state: "cancelled" });
    expect(await client.replays.list()).toEqual([]);
  });
});
