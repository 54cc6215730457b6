import type { StatsRequest } from "../protocol/stats.ts";
import type { StatsView } from "../protocol/stats-view.ts";
import type { Send } from "./retrying-fetch.ts";

/** What goes on in a tenant's queues, and what has. Every method throws `SluiceError`. */
export interface StatsClient {
  /** @param request `window`: "1h" (default), "24h" or "30d"; `queue`: of one queue alone */
  get(request?: StatsRequest): Promise<StatsView>;
}

/** @param send sends a request until it is answered */
export function statsClient(send: Send): StatsClient {
  return {
    get({ window, queue } = {}) {
      const query = new URLSearchParams();
      if (window !== undefined) query.set("window", window);
      if (queue !== undefined) query.set("queue", queue);
      return send(`/v1/stats?${query.toString()}`, {}, (response) => response.json());
    },
  };
}
