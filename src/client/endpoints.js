import { SluiceError } from "../protocol/sluice-error.ts";
/** @param send sends a request until it is answered */
export function endpointsClient(send) {
  const path = (name) => `/v1/endpoints/${encodeURIComponent(name)}`;
  return {
    list: async () => (await send("/v1/endpoints", {}, readJson)).data,
    get: (name) => send(path(name), {}, readJson),
    set: (name, request) => send(path(name), { method: "PUT", body: JSON.stringify(request) }, readJson),
    async delete(name) {
      try {
        await send(path(name), { method: "DELETE" }, () => Promise.resolve());
      } catch (error) {
        // A try before this one may have deleted it, its answer lost.
        if (!(error instanceof SluiceError && error.code === "endpoint_not_found")) throw error;
      }
    },
    rotate: (name, request) =>
      send(`${path(name)}/rotate`, { method: "POST", body: JSON.stringify(request) }, readJson),
    rejections: async (name) => (await send(`${path(name)}/rejections`, {}, readJson)).data,
  };
}
function readJson(response) {
  return response.json();
}
