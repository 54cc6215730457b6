import { env } from "cloudflare:workers";
import { vi } from "vitest";

/** What becomes of a D1 call: it runs, or a fault comes before or after its commit. */
type Fault = "before" | "after" | { readonly until: () => boolean } | undefined;

const LOST = "D1_ERROR: Network connection lost.";

/**
 * Puts itself between the Worker and D1's `batch`, by which a gate writes. `decide` sees the number of each call, from
 * 1: "before" fails it before it runs, "after" when it has committed, `until` holds it until that is true (asked again and again, since a promise must not
 * cross from the test into the Durable Object).
 */
export function faultyBatches(decide: (call: number) => Fault): { readonly calls: () => number } {
  const real = env.DB.batch.bind(env.DB);
  let calls = 0;
  const spy = vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    const fault = decide(++calls);
    if (fault === "before") throw new Error(LOST);
    if (typeof fault === "object") while (!fault.until()) await new Promise((resolve) => setTimeout(resolve, 5));
    const results = await real(statements);
    if (fault === "after") throw new Error(LOST);
    return results as never;
  });
  return { calls: () => spy.mock.calls.length };
}
