import { z } from "zod";
import { blobRef, defineBatchHandler, defineHandler, FatalError, RetryError } from "../../src/sluice.ts";

/** Runs that wait until a test opens them, by the name in their payload. */
export const gates = new Map<string, PromiseWithResolvers<void>>();
/** How often a handler was started, by the name in its payload. */
export const starts = new Map<string, number>();

/** How many `ingest` jobs ran together, run by run, by the name in their payloads. */
export const batchSizes = new Map<string, number[]>();

/** A place at which `held` jobs of this name stop, until `resolve` is called. */
export function hold(name: string): PromiseWithResolvers<void> {
  const gate = Promise.withResolvers<void>();
  gates.set(name, gate);
  return gate;
}

function started(name: string): number {
  const count = (starts.get(name) ?? 0) + 1;
  starts.set(name, count);
  return count;
}

const named = z.object({ name: z.string() });

export const handlers = [
  defineHandler({ type: "noop", input: z.unknown(), run: () => "done" }),
  defineHandler({ type: "echo", input: z.unknown(), run: (payload) => payload }),
  defineHandler({
    type: "greet",
    input: z.object({ name: z.string().min(1), times: z.int().max(3).optional() }),
    run: async ({ name }) => `hello ${name}`,
  }),
  defineHandler({
    type: "held",
    input: named,
    run: async ({ name }) => {
      started(name);
      await gates.get(name)?.promise;
      return name;
    },
  }),
  defineHandler({
    type: "stepped",
    input: named,
    run: async ({ name }, { progress }) => {
      progress(0.25, "begun");
      started(name);
      await gates.get(name)?.promise;
      progress(0.75);
      progress(1, "done");
      return name;
    },
  }),
  defineHandler({
    type: "patient",
    input: named,
    run: async ({ name }, { signal }) => {
      started(name);
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => {
        started(`${name}:${(signal.reason as Error).message}`);
        reject(signal.reason);
      });
      return promise;
    },
  }),
  defineHandler({
    type: "flaky",
    input: named.extend({ failures: z.int() }),
    retry: { base: "1ms", cap: "1ms" },
    run: ({ name, failures }) => {
      const count = started(name);
      if (count <= failures) throw new Error(`failure ${count}`);
      return count;
    },
  }),
  defineHandler({
    type: "fatal",
    input: named,
    run: () => {
      throw new FatalError("never again");
    },
  }),
  defineHandler({
    type: "leaky",
    input: z.object({ secret: z.string() }),
    run: ({ secret }) => {
      throw new FatalError(`cannot use ${secret}`);
    },
  }),
  defineHandler({
    type: "later",
    input: named.extend({ after: z.number() }),
    run: ({ after }) => {
      throw new RetryError("not now", { after });
    },
  }),
  defineHandler({
    type: "stubborn",
    input: named,
    timeout: "50ms",
    retry: { maxAttempts: 1 },
    run: ({ name }, { signal }) => {
      signal.addEventListener("abort", () => started(`${name}:aborted`));
      return hold(name).promise;
    },
  }),
  defineHandler({
    type: "shout",
    input: z.object({ text: blobRef, retried: z.boolean().optional() }),
    retry: { base: "1ms", cap: "1ms" },
    run: async ({ text, retried }, { blobs, attempt }) => {
      const { body, contentType } = await blobs.get(text);
      const loud = (await new Response(body).text()).toUpperCase();
      const kept = await blobs.put(loud, { contentType });
      if (retried && attempt === 1) throw new Error("once more");
      return { loud: kept };
    },
  }),
  defineHandler({
    type: "hoarder",
    input: z.object({ blobs: z.int(), bytes: z.int() }),
    run: async (payload, { blobs }) => {
      for (let kept = 0; kept < payload.blobs; kept++) {
        await blobs.put(new Uint8Array(payload.bytes), { contentType: "image/png" });
      }
    },
  }),
  defineHandler({
    type: "staged",
    input: named.extend({ failures: z.int().default(0) }),
    retry: { base: "1ms", cap: "1ms" },
    run: async ({ name, failures }, { step, log, attempt }) => {
      const charge = await step("charge", () => ({ of: name, in: attempt }));
      log("charged", { attempt });
      await step("mail", () => undefined);
      if (attempt <= failures) {
        log.warn("the courier is away");
        throw new Error("once more");
      }
      return charge;
    },
  }),
  defineHandler({
    type: "chatty",
    input: z.object({ lines: z.int() }),
    run: ({ lines }, { log }) => {
      for (let n = 0; n < lines; n++) log("x");
    },
  }),
  defineBatchHandler({
    type: "ingest",
    input: named.extend({ n: z.int() }),
    maxBatch: 500,
    run: (jobs) => {
      for (const [name, ofName] of Map.groupBy(jobs, ({ payload }) => payload.name)) {
        batchSizes.set(name, [...(batchSizes.get(name) ?? []), ofName.length]);
      }
    },
  }),
  defineHandler({
    type: "relay",
    input: z.unknown(),
    run: (payload, { previous }) => ({ payload, previous }),
  }),
  defineHandler({
    type: "parent",
    input: z.object({
      children: z.array(z.looseObject({ type: z.string() })),
      group: z.looseObject({}).optional(),
      failures: z.int().default(0),
      bytes: z.int().default(0),
    }),
    retry: { base: "1ms", cap: "1ms" },
    run: async ({ children, group, failures, bytes }, { enqueueMany, attempt }) => {
      const enqueued = await enqueueMany(children, group && { group });
      if (attempt <= failures) throw new Error("after it has enqueued");
      return { ...enqueued, padding: "x".repeat(bytes) };
    },
  }),
  defineHandler({ type: "sized", input: z.object({ bytes: z.int() }), run: ({ bytes }) => "x".repeat(bytes) }),
  defineHandler({
    type: "circular",
    input: z.unknown(),
    run: () => {
      const result: { self?: unknown } = {};
      result.self = result;
      return result;
    },
  }),
];
