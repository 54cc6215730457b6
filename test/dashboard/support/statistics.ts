import type { QueueView } from "../../../src/protocol/queue-view.ts";
import type { QueueStats, StatsSummary, StatsView } from "../../../src/protocol/stats-view.ts";

const MINUTES = Array.from({ length: 60 }, (_, minute) => minute);
const exactly = (count: number) => ({ count, atLeast: false });

const NOTHING: StatsSummary = {
  in: 0,
  out: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  retried: 0,
  handedBack: 0,
  refused: { rate: 0, backlog: 0, overloaded: 0, storage: 0 },
  perSecond: { in: 0, out: 0, refused: 0 },
  successRatio: null,
  waitMs: null,
  runMs: null,
};

/** A queue in which nothing goes on, but for what is given. */
export function queueStatistics(name: string, given: Partial<QueueStats> = {}): QueueStats {
  return { name, waiting: exactly(0), inFlight: 0, oldestSince: null, limit: null, ...NOTHING, ...given };
}

/** Two minutes from `start` on in which nothing went on. */
export function emptyStatistics(start: string): StatsView {
  const none = [0, 0];
  return {
    window: "1h",
    since: start,
    until: start,
    now: {
      sentence: "Nothing waits, nothing runs.",
      oldest: null,
      inFlight: 0,
      concurrency: 100,
      waiting: exactly(0),
      delayed: exactly(0),
    },
    totals: NOTHING,
    queues: [],
    failures: [],
    series: {
      start,
      stepSeconds: 60,
      in: none,
      out: none,
      failed: none,
      retried: none,
      refused: { rate: none, backlog: none, overloaded: none, storage: none },
      waitP95Ms: [null, null],
      runP95Ms: [null, null],
    },
  };
}

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
  const start = new Date(Math.floor(Date.now() / 60_000 - 59) * 60_000).toISOString();
  const none = emptyStatistics(start);
  return {
    ...none,
    now: {
      ...none.now,
      oldest: { queue: "mail", since: start, ageMs: 185_000, limit: "concurrency" },
      inFlight: 31,
      waiting: exactly(1_268),
      delayed: exactly(42),
    },
    queues: [
      queueStatistics("mail", { waiting: exactly(1_240), inFlight: 10, limit: "concurrency" }),
      queueStatistics("partner/acme", { waiting: exactly(28), inFlight: 5, limit: "rate" }),
      queueStatistics("thumbnails", { inFlight: 16 }),
    ],
    failures: [{ type: "crm.sync", error: "TypeError", retried: 0, failed: 37 }],
    series: {
      ...none.series,
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
