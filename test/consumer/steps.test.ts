import { env } from "cloudflare:workers";
import { array, assert, asyncProperty, constantFrom, integer } from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { defineHandler, type JobContext } from "../../src/domain/handler.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { consume, enqueueUnsent } from "../support/consume.ts";
import { faultyStatements } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { fireAlarm } from "../support/gate.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { rowOf, setRow } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const STORES_STEPS = "SET steps = json_patch";

function handler(run: (context: JobContext) => Promise<unknown>) {
  return defineHandler({ type: "stages", input: z.unknown(), run: (_, context) => run(context) });
}

/** A job whose message only the test delivers. */
async function job(count = 1) {
  const { id: tenantId } = await createTenant();
  const drafts = Array.from({ length: count }, () => draft({ type: "stages", maxAttempts: 25 }));
  const message = await enqueueUnsent(tenantId, drafts);
  const [id = ""] = message.jobIds;
  return { tenantId, id, message, row: () => rowOf(tenantId, id) };
}

/** Has a job that waits for its next attempt be due and released, as the gate would. */
async function again({ tenantId, jobIds }: QueueMessage) {
  for (const id of jobIds)
    await setRow(tenantId, id, { state: "queued", released: 1, ready_at: 1, due_at: Date.now() + 60_000 });
}

describe("a step", () => {
  it("that has finished is not run again by the next attempt, which gets what it gave", async () => {
    const { message, row } = await job();
    const ran: string[] = [];
    const stages = handler(async ({ step, attempt }) => {
      const charge = await step("charge", () => {
        ran.push("charge");
        return { id: "ch_1", at: null, note: undefined };
      });
      const nothing = await step("mail", async () => void ran.push("mail"));
      const total = await step("total", () => {
        ran.push("total");
        if (attempt === 1) throw new Error("not yet");
        return 42;
      });
      return { charge, isNothing: nothing === undefined, total };
    });
    await consume([stages], [message]);
    expect(await row()).toMatchObject({ state: "retrying", failures: 1 });
    await again(message);
    await consume([stages], [message]);
    expect(ran).toEqual(["charge", "mail", "total", "total"]);
    expect(await row()).toMatchObject({
      state: "succeeded",
      attempt: 2,
      result: '{"charge":{"id":"ch_1","at":null},"isNothing":true,"total":42}',
    });
  });

  it("gives the first attempt what the next one would get", async () => {
    const { message, row } = await job();
    await consume([handler(({ step }) => step("a", () => ({ kept: 1, dropped: undefined })))], [message]);
    expect(await row()).toMatchObject({
      result: '{"kept":1}',
      steps: expect.stringMatching(/^{"a":\[1,\d+,{"kept":1}]}$/),
    });
  });

  it("shares one write with those that end in the same turn, of one job or of many", async () => {
    const { message } = await job(10);
    const meter = meterD1(env.DB);
    const stages = handler(({ step }) => Promise.all(["a", "b", "c"].map((name) => step(name, () => name))));
    await consume([stages], [message], { bindings: { DB: meter.db } });
    const writes = meter.costs.filter(({ sql }) => sql.includes(STORES_STEPS));
    expect(writes.length).toBeLessThanOrEqual(4);
    expect(writes.reduce((sum, { written }) => sum + written, 0)).toBe(10);
    for (const id of message.jobIds) {
      expect(Object.keys(JSON.parse((await rowOf(message.tenantId, id))["steps"] as string))).toEqual(["a", "b", "c"]);
    }
  });

  it.each(["before", "after"] as const)("is stored although D1 loses its write twice, %s it commits", async (fault) => {
    const { message, row } = await job();
    const ran = vi.fn(() => "done");
    const DB = faultyStatements(STORES_STEPS, (call) => (call <= 2 ? fault : undefined));
    await consume([handler(({ step }) => step("a", ran))], [message], { bindings: { DB } });
    expect(ran).toHaveBeenCalledTimes(1);
    expect(await row()).toMatchObject({ state: "succeeded", attempt: 1, failures: 0, result: '"done"' });
  });

  it("fails its attempt when D1 stays away, and is run again by the next one", { timeout: 60_000 }, async () => {
    const { message, row } = await job();
    const ran = vi.fn(() => "done");
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const DB = faultyStatements(STORES_STEPS, () => "before");
    const consumed = consume([handler(({ step }) => step("a", ran))], [message], { bindings: { DB } });
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(1_000);
      expect((await row())["state"]).toBe("retrying");
    });
    vi.useRealTimers();
    await consumed;
    expect(JSON.parse((await row())["errors"] as string)).toMatchObject([{ name: "RetryError" }]);
    await again(message);
    await consume([handler(({ step }) => step("a", ran))], [message]);
    expect(ran).toHaveBeenCalledTimes(2);
    expect(await row()).toMatchObject({ state: "succeeded" });
  });

  it("stops its attempt when the lease is lost, and the next attempt goes on after the last one stored", async () => {
    const { tenantId, id, message, row } = await job();
    const ran: string[] = [];
    const reached = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const over = vi.fn();
    const stages = handler(async ({ step, attempt, signal }) => {
      signal.addEventListener("abort", () => void over((signal.reason as Error).message));
      await step("a", () => ran.push(`a${attempt}`));
      await step("b", async () => {
        ran.push(`b${attempt}`);
        if (attempt > 1) return;
        reached.resolve();
        await held.promise;
      });
      await step("c", () => ran.push(`c${attempt}`));
    });
    const first = consume([stages], [message]);
    await reached.promise;
    // Its Worker seems to have died: the alarm gives the job to another one.
    await setRow(tenantId, id, { lease_until: 1, due_at: 1 });
    await fireAlarm(tenantId);
    await vi.waitFor(async () => expect(await row()).toMatchObject({ state: "queued", isolated: 1 }));
    await consume([stages], [message], { queue: "sluice-isolated" });
    expect(await row()).toMatchObject({ state: "succeeded", attempt: 2 });
    const ended = await row();
    held.resolve();
    await first;
    expect(ran).toEqual(["a1", "b1", "b2", "c2"]);
    expect(over).toHaveBeenCalledExactlyOnceWith("the attempt has lost its lease");
    expect(await row()).toEqual(ended);
  });

  it("begins no more once its attempt has timed out, and stores nothing", async () => {
    const { tenantId, id, message, row } = await job();
    await setRow(tenantId, id, { timeout_ms: 50 });
    const ran: string[] = [];
    const held = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<unknown>();
    const stages = handler(async ({ step }) => {
      try {
        await step("a", () => held.promise);
      } catch (error) {
        gone.resolve(error);
      }
      await step("b", () => ran.push("b"));
    });
    await consume([stages], [message]);
    held.resolve();
    expect(await gone.promise).toMatchObject({ message: 'step "a": the attempt is over' });
    expect(ran).toEqual([]);
    expect(await row()).toMatchObject({ state: "retrying", steps: null });
  });

  it("that D1 refuses fails its own job alone", async () => {
    const { tenantId, message } = await job(4);
    const [poison = ""] = message.jobIds;
    const DB = faultyStatements(STORES_STEPS, (_, [json]) => {
      if (String(json).includes(poison)) throw new Error("D1_ERROR: string or blob too big: SQLITE_TOOBIG");
      return undefined;
    });
    await consume([handler(({ step }) => step("a", () => "fine"))], [message], { bindings: { DB } });
    const states = await Promise.all(message.jobIds.map(async (id) => (await rowOf(tenantId, id))["state"]));
    expect(states).toEqual(["failed", "succeeded", "succeeded", "succeeded"]);
    const [error] = JSON.parse((await rowOf(tenantId, poison))["errors"] as string);
    expect(error).toMatchObject({ name: "FatalError", message: expect.stringContaining("refuses the steps") });
  });

  it.each<[string, (context: JobContext) => Promise<unknown>, string]>([
    [
      "has the name of another",
      async ({ step }) => [await step("a", () => 1), await step("a", () => 2)],
      'two steps "a"',
    ],
    ["has no name", ({ step }) => step("", () => 1), "1 to 100 characters"],
    ["gives what JSON would change", ({ step }) => step("a", () => ({ at: [new Date(0)] })), "/at/0 is a Date"],
    ["gives too much", ({ step }) => step("a", () => "x".repeat(16_384)), "context.blobs.put"],
    [
      "is the 101st",
      async ({ step }) => {
        for (let n = 0; n <= 100; n++) await step(`step ${n}`, () => n);
      },
      "more than 100 steps",
    ],
    [
      "is more than the job may keep in all",
      async ({ step }) => {
        for (let n = 0; n < 8; n++) await step(`step ${n}`, () => "é".repeat(8_000));
      },
      "more than 120000 bytes",
    ],
  ])("fails its job at once when it %s, and says what to do", async (_, run, said) => {
    const { message, row } = await job();
    await consume([handler(run)], [message]);
    expect(await row()).toMatchObject({ state: "failed", attempt: 1 });
    const [error] = JSON.parse((await row())["errors"] as string);
    expect(error).toMatchObject({ name: "FatalError", message: expect.stringContaining(said) });
  });

  it("counts with the payload into what a claim returns", async () => {
    const { message, row } = await job();
    await consume([handler(({ step }) => step("a", () => "é".repeat(1_000)))], [message]);
    const { steps, payload, payload_bytes } = await row();
    const bytes = new TextEncoder().encode(`${payload as string}${steps as string}`).byteLength;
    expect(Math.abs((payload_bytes as number) - bytes)).toBeLessThan(5);
  });
});

describe("whatever becomes of the writes of steps", () => {
  const fault = constantFrom("none", "before", "after", "lease lost", "throws");

  it("those that were stored are not run again, and all of them have run in the end", { timeout: 60_000 }, async () => {
    await assert(
      asyncProperty(
        array(fault, { minLength: 1, maxLength: 12 }),
        integer({ min: 1, max: 5 }),
        async (faults, count) => {
          const { tenantId, id, message, row } = await job();
          const names = Array.from({ length: count }, (_, n) => `${n}`);
          const left = [...faults];
          const runs: string[] = [];
          const ranAgain: string[] = [];
          const stages = handler(async ({ step }) => {
            const results: string[] = [];
            for (const name of names) {
              const before = await row();
              const known = Object.keys(JSON.parse((before["steps"] as string | null) ?? "{}"));
              const result = await step(name, () => {
                if (known.includes(name)) ranAgain.push(name);
                runs.push(name);
                if (left[0] === "throws" && left.shift()) throw new Error("no luck");
                return `result ${name}`;
              });
              results.push(result);
            }
            return results;
          });
          const decide = async () => {
            const next = left.shift();
            if (next === "before" || next === "after") return next;
            if (next === "lease lost") await setRow(tenantId, id, { state: "retrying", released: 0, ready_at: null });
          };
          for (let attempt = 1; attempt <= faults.length + 1; attempt++) {
            await consume([stages], [message], { bindings: { DB: faultyStatements(STORES_STEPS, decide) } });
            if ((await row())["state"] === "succeeded") break;
            await again(message);
          }
          expect(await row()).toMatchObject({
            state: "succeeded",
            result: JSON.stringify(names.map((name) => `result ${name}`)),
          });
          expect(ranAgain).toEqual([]);
          expect(new Set(runs)).toEqual(new Set(names));
          vi.restoreAllMocks();
        },
      ),
      { numRuns: 10 },
    );
  });
});
