import { env } from "cloudflare:workers";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { createSluice, defineHandler, type Jobs, type JobsApi, type JobView } from "../../src/sluice.ts";

const greet = defineHandler({
  type: "greet",
  input: z.object({ name: z.string(), times: z.int().optional() }),
  run: async ({ name }) => `hello ${name}`,
});
const count = defineHandler({
  type: "count",
  input: z.object({ from: z.coerce.number<string>() }),
  run: ({ from }) => ({ total: from }),
});
const tick = defineHandler({ type: "tick", input: z.unknown(), run: () => undefined });

const sluice = createSluice({ handlers: [greet, count, tick] });
const jobs = sluice.jobs(env, "acme");

// Compiled, never run: `tsc` is the test.
function misuses(): unknown[] {
  return [
    // @ts-expect-error the name is text
    jobs.enqueue("greet", { name: 1 }),
    // @ts-expect-error the payload has no name
    jobs.enqueue("greet", {}),
    // @ts-expect-error there is no such field
    jobs.enqueue("greet", { name: "Ada", title: "Dr" }),
    // @ts-expect-error there is no such type
    jobs.enqueue("greets", { name: "Ada" }),
    // @ts-expect-error the payload is what callers send, not what the handler gets
    jobs.enqueue("count", { from: 1 }),
    // @ts-expect-error there is no such option
    jobs.enqueue("greet", { name: "Ada" }, { wait: 5 }),
    // @ts-expect-error the payload is another type's
    jobs.enqueueMany([{ type: "greet", payload: { from: "1" } }]),
    // @ts-expect-error there is no such state
    jobs.list({ state: "done" }),
    // @ts-expect-error a unit that there is not
    defineHandler({ type: "slow", input: z.unknown(), timeout: "3w", run: () => null }),
  ];
}

describe("the types of a deployment's jobs", () => {
  it("flow from the handlers to whoever enqueues", () => {
    expectTypeOf(jobs).toEqualTypeOf<JobsApi<Jobs<readonly [typeof greet, typeof count, typeof tick]>>>();
    expectTypeOf<typeof jobs.enqueue<"greet">>()
      .parameter(1)
      .toEqualTypeOf<{ name: string; times?: number | undefined }>();
    expectTypeOf<typeof jobs.enqueue<"count">>().parameter(1).toEqualTypeOf<{ from: string }>();
    expectTypeOf<typeof jobs.enqueue<"greet">>().returns.resolves.toEqualTypeOf<
      JobView<{ name: string; times?: number | undefined }, string>
    >();
    expectTypeOf<typeof jobs.enqueue<"count">>()
      .returns.resolves.toHaveProperty("result")
      .toEqualTypeOf<{ total: number } | null | undefined>();
    expectTypeOf(misuses).toBeFunction();
  });

  it("know what a handler is given", () => {
    defineHandler({
      type: "typed",
      input: z.object({ at: z.iso.datetime().transform((at) => new Date(at)) }),
      run: (payload, context) => {
        expectTypeOf(payload).toEqualTypeOf<{ at: Date }>();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(context.attempt).toEqualTypeOf<number>();
        return null;
      },
    });
  });
});
