import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { draft } from "../support/drafts.ts";
import { fireAlarm, gateOf } from "../support/gate.ts";
import { hold } from "../support/handlers.ts";
import { statesOf } from "../support/rows.ts";
import { captureSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const held = (name: string, overrides = {}) => draft({ type: "held", payload: JSON.stringify({ name }), ...overrides });

describe("concurrency as the window", () => {
  it("releases no more than the concurrency, and the rest as slots are freed", async () => {
    const { id } = await createTenant({ concurrency: 3 });
    const done = hold(id);
    await gateOf(id).enqueue(Array.from({ length: 10 }, () => held(id)));
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ running: 3, queued: 7 }));
    const { results } = await env.DB.prepare("SELECT id FROM jobs WHERE tenant_id = ?1 AND released = 1")
      .bind(id)
      .all();
    expect(results).toHaveLength(3);
    done.resolve();
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ succeeded: 10 }), 10_000);
  });

  it("releases the higher priority first, and the older first within one", async () => {
    const { id } = await createTenant({ concurrency: 1 });
    const sent = captureSends(id);
    const gate = gateOf(id);
    const first = draft();
    await gate.enqueue([first]);
    const [low, high, alsoHigh] = [draft({ priority: 1 }), draft({ priority: 9 }), draft({ priority: 9 })];
    await gate.enqueue([low, high, alsoHigh]);
    await vi.waitFor(() => expect(sent).toEqual([first.id]));
    for (const [index, job] of [first, high, alsoHigh].entries()) {
      await env.DB.prepare(
        "UPDATE jobs SET state = 'succeeded', released = 0, due_at = NULL, ready_at = NULL, finished_at = 1 WHERE id = ?1",
      )
        .bind(job.id)
        .run();
      await gate.settle([{ id: job.id, attempt: 1, state: "succeeded", dueAt: null }]);
      await vi.waitFor(() => expect(sent).toHaveLength(index + 2));
    }
    expect(sent).toEqual([first.id, high.id, alsoHigh.id, low.id]);
  });

  it("gives each of a tenant's queues its share of the room", async () => {
    const { id } = await createTenant({ concurrency: 6 });
    const sent = captureSends(id);
    const gate = gateOf(id);
    const blocker = Array.from({ length: 6 }, () => draft());
    await gate.enqueue(blocker);
    const bulk = Array.from({ length: 50 }, () => draft({ queue: "bulk" }));
    const mail = Array.from({ length: 3 }, () => draft({ queue: "mail" }));
    await gate.enqueue(bulk);
    await gate.enqueue(mail);
    await vi.waitFor(() => expect(sent).toHaveLength(6));
    await gate.settle(blocker.map((job) => ({ id: job.id, attempt: 1, state: "succeeded", dueAt: null })));
    await vi.waitFor(() => expect(sent).toHaveLength(12));
    expect(sent.slice(6).filter((jobId) => mail.some((job) => job.id === jobId))).toHaveLength(3);
  });

  it("frees a slot once, however often its attempt is settled", async () => {
    const { id } = await createTenant({ concurrency: 1 });
    const sent = captureSends(id);
    const gate = gateOf(id);
    const jobs = [draft(), draft(), draft()];
    await gate.enqueue(jobs);
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    const settled = { id: sent[0]!, attempt: 1, state: "succeeded", dueAt: null } as const;
    await gate.settle([settled, settled]);
    await gate.settle([settled]);
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    await fireAlarm(id);
    expect(sent).toHaveLength(2);
  });
});
