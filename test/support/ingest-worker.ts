import { env } from "cloudflare:workers";
import { defineHandler } from "../../src/domain/handler.ts";
import { eventsIngest } from "../../src/handlers/events-ingest.ts";
import { eventsRollup } from "../../src/handlers/events-rollup.ts";
import { readingsInput } from "../../src/handlers/reading.ts";
import { createSluice } from "../../src/sluice.ts";

export { TenantGate } from "../../src/gate/tenant-gate.ts";

const LINGER_MS = 300;

const database = () => env.DB;
const ingest = eventsIngest({ database });

/** What a team would write without it: one statement for each job, which counts again when a job runs again. */
const oneByOne = defineHandler({
  type: "one-by-one",
  input: readingsInput,
  run: async ({ readings: [reading] }, { tenantId }) => {
    if (reading === undefined) return;
    const { series, at, value } = reading;
    await env.DB.prepare(
      `INSERT INTO reading_windows VALUES (?1, 1, ?2 - ?2 % 60000, ?3, 1, ?4, ?4, ?4, ?4, ?2)
       ON CONFLICT DO UPDATE SET count = count + 1, sum = sum + excluded.sum, min = min(min, excluded.min),
         max = max(max, excluded.max), last = iif(excluded.last_at >= last_at, excluded.last, last),
         last_at = max(last_at, excluded.last_at)`,
    )
      .bind(tenantId, at, series, value)
      .run();
  },
});

/** The same as `events.ingest`, which stays between its commit and the end of its jobs, where a kill is to find it. */
const lingering: typeof ingest = {
  ...ingest,
  type: "lingering" as typeof ingest.type,
  timeoutMs: 3_000,
  run: async (jobs, context) => {
    await ingest.run(jobs, context);
    if (jobs.some(({ attempt }) => attempt === 1)) await scheduler.wait(LINGER_MS);
  },
};

export default createSluice({ handlers: [ingest, eventsRollup({ database }), oneByOne, lingering] });
