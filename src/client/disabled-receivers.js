import { SluiceError } from "../protocol/sluice-error.ts";
/** @param send sends a request until it is answered */
export function disabledReceiversClient(send) {
  const path = "/v1/disabled-receivers";
  return {
    list: async () => (await send(path, {}, (response) => response.json())).data,
    async enable(url) {
      try {
        await send(`${path}?url=${encodeURIComponent(url)}`, { method: "DELETE" }, () => Promise.resolve());
      } catch (error) {
        // A try before this one may have done it, its answer lost.
        if (!(error instanceof SluiceError && error.code === "receiver_not_found")) throw error;
      }
    },
  };
}
