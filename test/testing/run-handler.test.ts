import { describe, expect, it } from "vitest";
import { z } from "zod";
import { blobRef, defineHandler, FatalError, RetryError } from "../../src/sluice.ts";
import { MemoryBlobs } from "../../src/testing/memory-blobs.ts";
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
