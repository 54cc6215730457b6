import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { createSluice, defineHandler } from "../../src/sluice.ts";

export { TenantGate } from "../../src/gate/tenant-gate.ts";

/** By then its neighbours run. */
const STRIKE_MS = 100;
/** 4 GB in all: more than an isolate gets, less than a machine has. */
const MOST_KEPT = 500;

function pill(type: string, strike: () => unknown) {
  return defineHandler({
    type,
    input: z.unknown(),
    timeout: "1s",
    retry: { maxAttempts: 2, base: "1ms" },
    run: async () => {
      await pause(STRIKE_MS);
      return strike();
    },
  });
}

/** Handlers that harm the isolate that they run in, and one that does not. */
export default createSluice({
  handlers: [
    defineHandler({
      type: "loops",
      input: z.object({ ask: z.url() }),
      // Longer than it waits for its answer.
      timeout: "4s",
      run: async ({ ask }) => {
        await fetch(ask);
        for (;;);
      },
    }),
    pill("fills-memory", () => {
      const some = Array.from({ length: 1_000_000 }, () => 0.5);
      const kept: number[][] = [];
      while (kept.length < MOST_KEPT) kept.push([...some]);
      throw new Error(`there was room for ${kept.length} times 8 MB`);
    }),
    pill("exits", () => process.exit(1)),
    pill("throws-from-timer", () => {
      setTimeout(() => {
        throw new Error("nobody catches this");
      });
      return new Promise<never>(() => undefined);
    }),
    pill("rejects-unheard", () => {
      void Promise.reject(new Error("nobody hears this"));
      return new Promise<never>(() => undefined);
    }),
    pill("recurses", () => {
      const recurse = (): number => recurse() + 1;
      return recurse();
    }),
    defineHandler({
      type: "bystander",
      input: z.unknown(),
      timeout: "1s",
      retry: { maxAttempts: 1 },
      run: () => pause(400),
    }),
  ],
});
