import { afterEach, expect, it, vi } from "vitest";
import { gateOf } from "../support/gate.ts";
import { each, less, NOOP, startRun } from "./run.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("a stream writes a row, and a job that is followed asks its gate once more than one that is not", async () => {
  const { tenantId, meter, post, ended } = await startRun();
  const before = meter.usage;
  const streams = [await gateOf(tenantId).follow({}), await gateOf(tenantId).follow({})];
  expect(less(meter.usage, before)).toMatchObject({ objectRequests: 2, rowsWritten: 1 });
  const opened = meter.usage;
  const began = Date.now();
  const jobs = 20;
  for (let count = 1; count <= jobs; count++) {
    await post(NOOP);
    await ended(count);
  }
  const used = less(meter.usage, opened);
  const perJob = { workerRequests: 2, objectRequests: 3, queueOperations: 3, rowsWritten: 4 };
  expect(each(jobs, used)).toMatchObject(perJob);
  // The statistics', every two seconds.
  expect(used.objectRowsWritten).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / 2_000));
  for (const stream of streams) if (stream.kind === "following") await stream.body.cancel();
});
