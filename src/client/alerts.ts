import type { AlertList, AlertView } from "../protocol/alert-view.ts";
import type { AlertRequest } from "../protocol/alerts.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Send } from "./retrying-fetch.ts";

/** Of what a tenant wants to be told, and whether it is so. Every method throws `SluiceError`. */
export interface AlertsClient {
  /** All of them, by name. */
  list(): Promise<readonly AlertView[]>;
  get(name: string): Promise<AlertView>;
  /** Makes an alert, or changes it into this. */
  set(name: string, request: AlertRequest): Promise<AlertView>;
  /** Resolves as well when there is none. */
  delete(name: string): Promise<void>;
}

/** @param send sends a request until it is answered */
export function alertsClient(send: Send): AlertsClient {
  const path = (name: string) => `/v1/alerts/${encodeURIComponent(name)}`;
  return {
    list: async () => (await send<AlertList>("/v1/alerts", {}, readJson)).data,
    get: (name) => send<AlertView>(path(name), {}, readJson),
    set: (name, request) => send<AlertView>(path(name), { method: "PUT", body: JSON.stringify(request) }, readJson),
    async delete(name) {
      try {
        await send(path(name), { method: "DELETE" }, () => Promise.resolve());
      } catch (error) {
        // A try before this one may have deleted it, its answer lost.
        if (!(error instanceof SluiceError && error.code === "alert_not_found")) throw error;
      }
    },
  };
}

function readJson<T>(response: Response): Promise<T> {
  return response.json();
}
