import { describe, expect, it } from "vitest";
import { z } from "zod";
import { blobRef, defineBatchHandler, defineHandler, FatalError, RetryError } from "../../src/sluice.ts";
import { MemoryBlobs } from "../../src/testing/memory-blobs.ts";
import { runBatchHandler } from "../../src/testing/run-batch-handler.ts";
import { runHandler } from "../../src/testing/run-handler.ts";

const greet = defineHandler({
  type: "greet",
  input: z.object({ name: z.string(), times: z.int().default(1) }),
  run: ({ name, times }) => `hello ${name}`.repeat(times),
});

describe("runHandler", () => {
  it("gives what the handler returns", async () => {
    expect(await runHandler(greet, { name: "Ada" })).toEqual({ kind: "succeeded", result: "hello Ada" });
  });

  it("does not compile with a payload that the handler does not take", async () => {
    // @ts-expect-error: a name is a string
    const outcome = await runHandler(greet, { name: 7 });
    expect(outcome).toMatchObject({ kind: "failed", error: { name: "InvalidPayload" } });
  });

  it("turns what is thrown into an outcome", async () => {
    const thrower = (error: Error) =>
      defineHandler({
        type: "thrower",
        input: z.null(),
        run: () => {
          throw error;
        },
      });
    expect(await runHandler(thrower(new Error("a")), null)).toMatchObject({ kind: "retry", error: { message: "a" } });
    expect(await runHandler(thrower(new FatalError("b")), null)).toMatchObject({ kind: "failed" });
    expect(await runHandler(thrower(new RetryError("c", { after: "90s" })), null)).toMatchObject({ afterMs: 90_000 });
  });

  it("holds the handler to its timeout", async () => {
    const slow = defineHandler({ type: "slow", input: z.null(), timeout: "5ms", run: () => new Promise(() => {}) });
    expect(await runHandler(slow, null)).toMatchObject({ kind: "retry", error: { kind: "timeout" } });
  });

  it("tells of the progress that the handler reports", async () => {
    const pages = defineHandler({
      type: "pages",
      input: z.array(z.string()),
      run: (names, { progress }) => {
        for (const [n, name] of names.entries()) progress((n + 1) / names.length, name);
      },
    });
    const told: unknown[] = [];
    await runHandler(pages, ["a", "b"], { progress: (one) => told.push(one) });
    expect(told).toEqual([
      { fraction: 0.5, message: "a" },
      { fraction: 1, message: "b" },
    ]);
    expect(await runHandler(pages, [])).toMatchObject({ kind: "succeeded" });
  });

  it("tells of the lines that the handler logs, as far as they are kept", async () => {
    const talkative = defineHandler({
      type: "talkative",
      input: z.int(),
      run: (lines, { log }) => {
        for (let n = 1; n < lines; n++) log(`line ${n}`, { n });
        log.error("the last");
      },
    });
    const told: unknown[] = [];
    await runHandler(talkative, 2, { log: (line) => told.push(line) });
    expect(told).toMatchObject([
      { level: "info", message: "line 1", fields: { n: 1 } },
      { level: "error", message: "the last" },
    ]);
    const many: unknown[] = [];
    await runHandler(talkative, 150, { log: (line) => many.push(line) });
    expect(many).toHaveLength(100);
  });

  it("goes on after the steps that an attempt before has finished", async () => {
    const ran: string[] = [];
    const order = defineHandler({
      type: "order",
      input: z.null(),
      run: async (_, { step, attempt }) => {
        const charge = await step("charge", () => ran.push("charge") && "ch_1");
        return step("ship", () => {
          ran.push("ship");
          if (attempt === 1) throw new Error("no courier");
          return `${charge} shipped`;
        });
      },
    });
    const steps = new Map<string, unknown>();
    expect(await runHandler(order, null, { steps })).toMatchObject({ kind: "retry" });
    expect([...steps]).toEqual([["charge", "ch_1"]]);
    expect(await runHandler(order, null, { steps, attempt: 2 })).toMatchObject({ result: "ch_1 shipped" });
    expect(ran).toEqual(["charge", "ship", "ship"]);
    expect(await runHandler(order, null, { steps: new Map([["charge", "ch_2"]]), attempt: 2 })).toMatchObject({
      result: "ch_2 shipped",
    });
  });

  it("refuses what a step of a job could not give", async () => {
    const dated = defineHandler({
      type: "dated",
      input: z.null(),
      run: (_, { step }) => step("now", () => new Date()),
    });
    expect(await runHandler(dated, null)).toMatchObject({
      kind: "failed",
      error: { message: expect.stringContaining("is a Date") },
    });
  });

  it("hands it what came of the job before it, and tells what it enqueues", async () => {
    const fan = defineHandler({
      type: "fan",
      input: z.object({ parts: z.int() }),
      run: async ({ parts }, { previous, enqueue, enqueueMany }) => {
        const one = await enqueue("part", { n: 0, from: previous }, { queue: "mail" });
        const jobs = Array.from({ length: parts }, (_, n) => ({ type: "part", payload: { n: n + 1 } }));
        const { ids, groupId } = await enqueueMany(jobs, { group: { onComplete: { type: "sum" } } });
        return { ids: [one, ...ids], grouped: groupId !== null };
      },
    });
    const enqueued: { id: string; payload?: unknown }[] = [];
    const groups: unknown[] = [];
    const outcome = await runHandler(
      fan,
      { parts: 2 },
      {
        previous: { at: new Date(0) },
        enqueued: (job, group) => {
          enqueued.push(job);
          groups.push(group);
        },
      },
    );
    const group = { onComplete: { type: "sum" } };
    expect(groups).toEqual([null, group, group]);
    expect(enqueued[0]).toMatchObject({
      type: "part",
      queue: "mail",
      payload: { from: { at: "1970-01-01T00:00:00.000Z" } },
    });
    const ids = enqueued.map(({ id }) => id);
    expect(outcome).toEqual({ kind: "succeeded", result: { ids, grouped: true } });
  });

  it("tells the handler who it runs for, and gives it blobs and signatures", async () => {
    const blobs = new MemoryBlobs();
    const text = await blobs.put("hello", { contentType: "text/plain" });
    const all = defineHandler({
      type: "all",
      input: z.object({ text: blobRef }),
      run: async (payload, { tenantId, jobId, attempt, sign, ...context }) => {
        const { body, bytes, contentType } = await context.blobs.get(payload.text);
        const signed = await sign("body");
        return { tenantId, jobId, attempt, bytes, contentType, text: await new Response(body).text(), signed };
      },
    });
    const options = { blobs, tenantId: "acme", jobId: "job", attempt: 3, signingSecret: `whsec_${btoa("secret")}` };
    expect(await runHandler(all, { text }, options)).toMatchObject({
      kind: "succeeded",
      result: {
        tenantId: "acme",
        jobId: "job",
        attempt: 3,
        bytes: 5,
        contentType: "text/plain",
        text: "hello",
        signed: { "webhook-id": "job", "webhook-signature": expect.stringMatching(/^v1,/) },
      },
    });
  });
});

describe("runBatchHandler", () => {
  it("gives how each job ended, and keeps from the handler what it does not take", async () => {
    const sums = defineBatchHandler({
      type: "sums",
      input: z.object({ n: z.int() }),
      run: (jobs, { tenantId }) =>
        jobs.map(({ payload: { n } }) => (n < 0 ? new RetryError("later", { after: "1m" }) : `${tenantId} ${n}`)),
    });
    expect(await runBatchHandler(sums, [{ n: 1 }, { n: 0.5 }, { n: -1 }], { tenantId: "acme" })).toMatchObject([
      { kind: "succeeded", result: "acme 1" },
      { kind: "failed", error: { name: "InvalidPayload" } },
      { kind: "retry", afterMs: 60_000 },
    ]);
  });
});
