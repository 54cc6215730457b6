import type { DisabledReceiverList, DisabledReceiverView } from "../protocol/disabled-receivers.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Send } from "./retrying-fetch.ts";

/** Receivers of callbacks that have answered 410: nothing more is sent to them. Every method throws `SluiceError`. */
export interface DisabledReceiversClient {
  /** The latest first. */
  list(): Promise<readonly DisabledReceiverView[]>;
  /** Has callbacks sent to this URL again; resolves as well when it is not disabled. */
  enable(url: string): Promise<void>;
}

/** @param send sends a request until it is answered */
export function disabledReceiversClient(send: Send): DisabledReceiversClient {
  const path = "/v1/disabled-receivers";
  return {
    list: async () => (await send<DisabledReceiverList>(path, {}, (response) => response.json())).data,
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
