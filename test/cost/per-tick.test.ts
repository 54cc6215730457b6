import { evictDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { fireAlarm, gateOf, stubOf } from "../support/gate.ts";
import { createSchedule, tickAt } from "../support/schedules.ts";
import { less } from "./run.ts";
import { UsageMeter } from "./usage-meter.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("a tick far from others writes 7 rows: 6, and one for the start of its gate; and 3 to its gate: alarms and statistics", async () => {
  const { id, name } = await createSchedule();
  // Once and for all, where its statistics are kept.
  await gateOf(id).stats({ window: "1h" });
  const meter = await UsageMeter.start(id);
  for (const secondsAgo of [9, 6, 3]) {
    await tickAt(id, name, Math.floor(Date.now() / 1_000 - secondsAgo) * 1_000);
    const before = meter.usage;
    const finished = meter.finished.size;
    await fireAlarm(id);
    await vi.waitFor(() => expect(meter.finished.size).toBe(finished + 1), { timeout: 10_000, interval: 2 });
    // Woken once more by the alarm that guards its job, the gate need not start, and is set to the next tick.
    await evictDurableObject(stubOf(id));
    expect(await fireAlarm(id)).toBe(true);
    const { rowsRead, ...usage } = less(meter.usage, before);
    expect(usage).toEqual({
      workerRequests: 1,
      objectRequests: 3,
      objectRowsWritten: 3,
      queueOperations: 3,
      rowsWritten: 7,
      classA: 0,
      classB: 0,
    });
    expect(rowsRead).toBeLessThanOrEqual(60);
  }
});
