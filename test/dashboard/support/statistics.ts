import type { StatsView } from "../../../src/dashboard/model/stats-view.ts";
import type { QueueView } from "../../../src/protocol/queue-view.ts";

const MINUTES = Array.from({ length: 60 }, (_, minute) => minute);
const exactly = (count: number) => ({ count, atLeast: false });

/** The queues of {@link statistics} that have limits. */
export const SETTINGS: readonly QueueView[] = [
  { name: "mail", concurrency: 10, rate: null, paused: false, createdAt: "", updatedAt: "" },
  {
    name: "partner/acme",
    concurrency: null,
    rate: { limit: 5, period: 1 },
    paused: false,
    createdAt: "",
    updatedAt: "",
  },
];

/** An hour of a tenant with much to do, whose queue `mail` is at its concurrency. */
export function statistics(): StatsView {
  return {
    now: {
      oldest: { queue: "mail", ageMs: 185_000, limit: "concurrency" },
      inFlight: 31,
      concurrency: 100,
      waiting: exactly(1_268),
      delayed: exactly(42),
    },
    queues: [
      { name: "mail", waiting: exactly(1_240), inFlight: 10, limit: "concurrency" },
      { name: "partner/acme", waiting: exactly(28), inFlight: 5, limit: "rate" },
      { name: "thumbnails", waiting: exactly(0), inFlight: 16, limit: null },
    ],
    failures: [
      { type: "crm.sync", error: "TypeError", failed: 37 },
      { type: "http.request", error: "TimeoutError", failed: 9 },
      { type: "invoice.print", error: "FatalError", failed: 2 },
    ],
    series: {
      start: new Date(Math.floor(Date.now() / 60_000 - 59) * 60_000).toISOString(),
      stepSeconds: 60,
      in: MINUTES.map((minute) => 80 + Math.round(30 * Math.sin(minute / 6) + 6 * Math.sin(minute * 2.1))),
      out: MINUTES.map((minute) => 76 + Math.round(24 * Math.sin(minute / 7) + 5 * Math.sin(minute * 1.7))),
      failed: MINUTES.map((minute) => (minute % 9 === 0 ? 6 : 1)),
      refused: {
        rate: MINUTES.map((minute) => (minute > 40 && minute < 48 ? 12 : 0)),
        backlog: MINUTES.map((minute) => (minute > 50 ? 4 : 0)),
        overloaded: MINUTES.map(() => 0),
        storage: MINUTES.map(() => 0),
      },
      waitP95Ms: MINUTES.map((minute) => 2_000 + Math.round(48 * minute * minute + 4_000 * Math.sin(minute / 3) ** 2)),
    },
  };
}
