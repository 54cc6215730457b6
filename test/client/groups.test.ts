import { exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { createClient, type Jobs } from "../../src/client/client.ts";
import type { handlers } from "../support/handlers.ts";
import { createTenant } from "../support/tenants.ts";

describe("a client's groups", () => {
  it("are made with their jobs, counted, cancelled, and their members listed", async () => {
    const { key } = await createTenant();
    const fetch = (request: Request) => exports.default.fetch(request);
    const client = createClient<Jobs<typeof handlers>>({ url: "https://sluice.test", key, fetch });
    const jobs = [
      { type: "noop", payload: null },
      { type: "noop", payload: null, delay: "1d" },
    ] as const;
    const group = { name: "two", onComplete: { type: "relay", payload: "done" } };
    const [first, second] = await client.jobs.enqueueMany(jobs, { group });
    const id = String(first?.groupId);
    expect(await client.groups.get(id)).toMatchObject({ name: "two", total: 2, state: "open" });
    await client.jobs.wait(String(first?.id));
    await client.groups.cancel(id);
    const done = await vi.waitFor(async () => {
      const view = await client.groups.get(id);
      expect(view).toMatchObject({ state: "complete", succeeded: 1, cancelled: 1 });
      return view;
    });
    const last = await client.jobs.wait(String(done.onComplete?.jobId));
    expect(last.result).toMatchObject({ payload: "done", previous: { group: id, stopped: true } });
    expect(await Array.fromAsync(client.groups.list(), ({ id }) => id)).toEqual([id]);
    expect(await Array.fromAsync(client.groups.list({ state: ["open", "stopped"] }))).toEqual([]);
    await client.jobs.enqueueMany(jobs, { group: {} });
    expect(await Array.fromAsync(client.groups.list({ state: "complete" }))).toEqual([done]);
    const members: string[] = [];
    for await (const job of client.jobs.list({ group: id })) members.push(job.id);
    expect(members).toEqual([second?.id, first?.id]);
  });
});
