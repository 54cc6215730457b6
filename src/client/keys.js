import { newJobId } from "../protocol/new-job-id.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
/** @param send sends a request until it is answered */
export function keysClient(send) {
  const path = (id) => `/v1/keys/${encodeURIComponent(id)}`;
  // Named here, so that a call that is tried again makes no second key.
  const post = (to, request) =>
    send(to, { method: "POST", body: JSON.stringify({ id: newJobId(), ...request }) }, readJson);
  return {
    list: async () => (await send("/v1/keys", {}, readJson)).data,
    create: (request) => post("/v1/keys", request),
    rotate: (id, request = {}) => post(`${path(id)}/rotate`, request),
    async revoke(id) {
      try {
        await send(path(id), { method: "DELETE" }, () => Promise.resolve());
      } catch (error) {
        if (!(error instanceof SluiceError && error.code === "key_not_found")) throw error;
      }
    },
  };
}
function readJson(response) {
  return response.json();
}
