import { type Command, InvalidArgumentError, Option } from "commander";
import { ALERT_MEASURES, type AlertMeasure } from "../../domain/alert.ts";
import { measuredText } from "../../domain/alert-text.ts";
import type { Duration } from "../../domain/duration.ts";
import type { AlertView } from "../../protocol/alert-view.ts";
import type { AlertRequest } from "../../protocol/alerts.ts";
import { connect } from "../connection.ts";
import { type ItemView, showItem, showItems, timeText } from "../item-view.ts";
import { anyNumber, duration } from "../option-parsers.ts";
import { addResource } from "../resource.ts";
import { colors } from "../terminal.ts";

interface SetOptions {
  readonly measure: AlertMeasure;
  readonly threshold: Duration;
  readonly to: string;
  readonly queue?: string;
  readonly window?: Duration;
  readonly minEvents?: number;
}

const NOUNS = ["alert", "alerts"] as const;

const ALERT: ItemView<AlertView> = {
  nouns: NOUNS,
  columns: [
    { name: "alert", text: ({ name }) => name },
    { name: "measure", text: ({ measure }) => measure },
    { name: "queue", text: ({ queue }) => queue ?? "all" },
    { name: "threshold", text: ({ measure, threshold }) => measuredText(measure, threshold), align: "right" },
    { name: "state", text: ({ state }) => (state === "firing" ? colors.red(state) : state) },
    {
      name: "value",
      text: ({ measure, value }) => (value === null ? "–" : measuredText(measure, value)),
      align: "right",
    },
    { name: "since", text: ({ since }) => timeText(since) },
  ],
  details: [
    { name: "window", text: ({ window }) => (window === null ? "" : `${window / 60} min`) },
    { name: "min events", text: ({ minEvents }) => minEvents?.toString() ?? "" },
    { name: "url", text: ({ url }) => url },
    { name: "delivery", text: ({ jobId }) => jobId ?? "" },
    { name: "created", text: ({ createdAt }) => timeText(createdAt) },
    { name: "updated", text: ({ updatedAt }) => timeText(updatedAt) },
  ],
};

/** `sluice alerts`: who is told when jobs wait too long, fail too often, or get 503s. */
export function addAlerts(program: Command): void {
  const alerts = addResource(program, {
    name: "alerts",
    description: "who is told when jobs wait too long, fail too often, or get 503s",
    nouns: NOUNS,
    subject: ["name", "the alert's name"],
    connect: async (command) => (await connect(command)).alerts,
  });
  alerts.all(
    "list",
    "all alerts, by name: which fire, since when, and what they came to",
    (api) => api.list(),
    showItems(ALERT),
  );
  alerts.one("get", "one alert, with its state and whom it tells", (api, name) => api.get(name), showItem(ALERT));
  alerts
    .one(
      "set",
      "make an alert, or change it into this",
      // What a measure does not take is refused by the API.
      (api, name, { measure, threshold, to, queue, window, minEvents }: SetOptions) =>
        api.set(name, { measure, threshold, url: to, queue, window, minEvents } as AlertRequest),
      showItem(ALERT),
    )
    .alias("create")
    .addOption(new Option("--measure <measure>", "what it looks at").choices(ALERT_MEASURES).makeOptionMandatory())
    .requiredOption("--threshold <value>", "from when it fires: 5m for an age, 0.1 or 10% for a ratio", parseThreshold)
    .requiredOption("--to <url>", "who is told, by a signed POST")
    .option("--queue <queue>", "one queue (default: all together)")
    .option("--window <duration>", "of a ratio: full minutes, up to 60m (default: 5m)", duration)
    .option("--min-events <n>", "of a ratio: it does not fire for fewer jobs (default: 10)", anyNumber);
  alerts.end("delete", "delete alerts; one that fires is not told to have recovered", {
    find: (api, name) => api.get(name),
    run: (api, name) => api.delete(name),
    asks: (what) => `Delete ${what}? Nobody is told any more.`,
    done: "deleted",
  });
}

function parseThreshold(text: string): Duration {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent !== undefined) return Number(percent) / 100;
  try {
    return duration(text);
  } catch {
    throw new InvalidArgumentError('It must be as "90s" or "5m" for an age, as "0.1" or "10%" for a ratio.');
  }
}
