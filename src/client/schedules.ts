import type { JobView } from "../protocol/job-view.ts";
import type { JobTypes } from "../protocol/jobs-api.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import type { ScheduleList, ScheduleView } from "../protocol/schedule-view.ts";
import type { TypedSchedule } from "../protocol/schedules.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Send } from "./retrying-fetch.ts";

/** Jobs that are enqueued by the clock. Every method throws `SluiceError`. */
export interface SchedulesClient<Types extends JobTypes> {
  /** Makes a schedule, or changes it into this; the same again changes nothing. */
  set(name: string, schedule: TypedSchedule<Types>): Promise<ScheduleView>;
  get(name: string): Promise<ScheduleView>;
  /** By name, without their payloads. */
  list(): AsyncIterable<ScheduleView>;
  /** Jobs that it has enqueued stay. Resolves too when there is no such schedule. */
  delete(name: string): Promise<void>;
  pause(name: string): Promise<ScheduleView>;
  /** Goes on with the next tick from now: those of the pause never run. */
  resume(name: string): Promise<ScheduleView>;
  /** Enqueues its job now, beside the ticks. */
  run(name: string): Promise<JobView>;
}

const PAGE = 100;

/** @param send sends a request until it is answered */
export function schedulesClient<Types extends JobTypes>(send: Send): SchedulesClient<Types> {
  const call = <Answer>(path: string, method = "GET", body?: unknown) =>
    send<Answer>(
      `/v1/schedules${path}`,
      body === undefined ? { method } : { method, body: JSON.stringify(body) },
      (response) => response.json(),
    );
  const at = (name: string) => `/${encodeURIComponent(name)}`;
  return {
    set: (name, schedule) => call(at(name), "PUT", schedule),
    get: (name) => call(at(name)),
    async *list() {
      let cursor: string | null = "";
      do {
        const page: ScheduleList = await call(`?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        yield* page.data;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },
    async delete(name) {
      try {
        await send(`/v1/schedules${at(name)}`, { method: "DELETE" }, async () => undefined);
      } catch (error) {
        // The answer of a first try may have been lost.
        if (!(error instanceof SluiceError && error.code === "schedule_not_found")) throw error;
      }
    },
    pause: (name) => call(`${at(name)}/pause`, "POST"),
    resume: (name) => call(`${at(name)}/resume`, "POST"),
    // The job is named here, so that a call that is tried again does not enqueue two.
    run: (name) => call(`${at(name)}/run`, "POST", { id: newJobId() }),
  };
}
