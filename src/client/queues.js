import { SluiceError } from "../protocol/sluice-error.ts";
/** @param send sends a request until it is answered */
export function queuesClient(send) {
  const path = (name) => `/v1/queues/${encodeURIComponent(name)}`;
  return {
    list: async () => (await send("/v1/queues", {}, readJson)).data,
    get: (name) => send(path(name), {}, readJson),
    set: (name, settings) => send(path(name), { method: "PUT", body: JSON.stringify(settings) }, readJson),
    async delete(name) {
      try {
        await send(path(name), { method: "DELETE" }, () => Promise.resolve());
      } catch (error) {
        // A try before this one may have deleted them, its answer lost.
        if (!(error instanceof SluiceError && error.code === "queue_not_found")) throw error;
      }
    },
    pause: (name) => send(`${path(name)}/pause`, { method: "POST" }, readJson),
    resume: (name) => send(`${path(name)}/resume`, { method: "POST" }, readJson),
  };
}
function readJson(response) {
  return response.json();
}
