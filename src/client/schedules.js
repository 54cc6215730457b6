import { newJobId } from "../protocol/new-job-id.ts";
import { SluiceError } from "../protocol/sluice-error.ts";

const PAGE = 100;
/** @param send sends a request until it is answered */
export function schedulesClient(send) {
  const call = (path, method = "GET", body) =>
    send(`/v1/schedules${path}`, body === undefined ? { method } : { method, body: JSON.stringify(body) }, (response) =>
      response.json(),
    );
  const at = (name) => `/${encodeURIComponent(name)}`;
  return {
    set: (name, schedule) => call(at(name), "PUT", schedule),
    get: (name) => call(at(name)),
    async *list() {
      let cursor = "";
      do {
        const page = await call(`?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
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
