import type { QueueRequest } from "../protocol/queue-settings.ts";
import type { QueueList, QueueView } from "../protocol/queue-view.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Send } from "./retrying-fetch.ts";

/**
 * What a tenant's queues are limited to, by a queue's name or by a pattern (`customer/*`) for each queue it matches.
 * Every method throws `SluiceError`.
 */
export interface QueuesClient {
  /** All settings, by name. */
  list(): Promise<readonly QueueView[]>;
  get(name: string): Promise<QueueView>;
  /** Replaces the settings; in force when it resolves. What is left out is not limited. */
  set(name: string, settings: QueueRequest): Promise<QueueView>;
  /** Takes the settings away; resolves as well when there are none. */
  delete(name: string): Promise<void>;
  /** Starts nothing of the queue any more; what runs goes on to its end. */
  pause(name: string): Promise<QueueView>;
  resume(name: string): Promise<QueueView>;
}

/** @param send sends a request until it is answered */
export function queuesClient(send: Send): QueuesClient {
  const path = (name: string) => `/v1/queues/${encodeURIComponent(name)}`;
  return {
    list: async () => (await send<QueueList>("/v1/queues", {}, readJson)).data,
    get: (name) => send<QueueView>(path(name), {}, readJson),
    set: (name, settings) => send<QueueView>(path(name), { method: "PUT", body: JSON.stringify(settings) }, readJson),
    async delete(name) {
      try {
        await send(path(name), { method: "DELETE" }, () => Promise.resolve());
      } catch (error) {
        // A try before this one may have deleted them, its answer lost.
        if (!(error instanceof SluiceError && error.code === "queue_not_found")) throw error;
      }
    },
    pause: (name) => send<QueueView>(`${path(name)}/pause`, { method: "POST" }, readJson),
    resume: (name) => send<QueueView>(`${path(name)}/resume`, { method: "POST" }, readJson),
  };
}

function readJson<T>(response: Response): Promise<T> {
  return response.json();
}
