import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { draft } from "../support/drafts.ts";
import { gateOf } from "../support/gate.ts";
import { statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** How many jobs each Queue gets from now on; nothing is delivered. */
function countSends(): { express: number; shared: number } {
  const sent = { express: 0, shared: 0 };
  const count = (name: keyof typeof sent, queue: typeof env.JOBS) =>
    vi.spyOn(queue, "sendBatch").mockImplementation(async (messages) => {
      for (const { body } of messages) sent[name] += body.jobIds.length;
      return undefined as never;
    });
  count("express", env.EXPRESS);
  count("shared", env.JOBS);
  return sent;
}

const drafts = (count: number) => Array.from({ length: count }, () => draft());

describe("the express Queue", () => {
  it("carries the jobs of a tenant that has 20 in flight at most", async () => {
    const sent = countSends();
    const { id } = await createTenant();
    const gate = gateOf(id);
    await gate.enqueue(drafts(20));
    await vi.waitFor(() => expect(sent).toEqual({ express: 20, shared: 0 }));
    await gate.enqueue(drafts(1));
    await vi.waitFor(() => expect(sent).toEqual({ express: 20, shared: 1 }));
  });

  it("carries none of a batch that brings a tenant above that", async () => {
    const sent = countSends();
    const { id } = await createTenant();
    await gateOf(id).enqueue(drafts(21));
    await vi.waitFor(() => expect(sent).toEqual({ express: 0, shared: 21 }));
  });

  it("is delivered to the same consumer", async () => {
    const { id } = await createTenant();
    const express = vi.spyOn(env.EXPRESS, "sendBatch");
    await gateOf(id).enqueue(drafts(3));
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ succeeded: 3 }), { timeout: 10_000 });
    expect(express).toHaveBeenCalledOnce();
  });
});
