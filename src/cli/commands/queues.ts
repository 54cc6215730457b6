import { type Command, InvalidArgumentError } from "commander";
import type { Duration } from "../../domain/duration.ts";
import type { QueueRequest } from "../../protocol/queue-settings.ts";
import type { QueueView } from "../../protocol/queue-view.ts";
import { connect } from "../connection.ts";
import { durationText } from "../duration-text.ts";
import { type ItemView, showItem, showItems, timeText } from "../item-view.ts";
import { anyNumber, duration } from "../option-parsers.ts";
import { addResource } from "../resource.ts";

const NOUNS = ["queue", "queues"] as const;

const QUEUE: ItemView<QueueView> = {
  nouns: NOUNS,
  columns: [
    { name: "queue", text: ({ name }) => name },
    { name: "concurrency", text: ({ concurrency }) => concurrency?.toString() ?? "–", align: "right" },
    { name: "rate", text: ({ rate }) => (rate === null ? "–" : `${rate.limit} per ${periodText(rate.period)}`) },
    { name: "state", text: ({ paused }) => (paused ? "paused" : "active") },
  ],
  details: [
    { name: "created", text: ({ createdAt }) => timeText(createdAt) },
    { name: "updated", text: ({ updatedAt }) => timeText(updatedAt) },
  ],
};

/** `sluice queues`: what queues are limited to, and whether they are paused. */
export function addQueues(program: Command): void {
  const queues = addResource(program, {
    name: "queues",
    description: "what queues are limited to: concurrency, rate, pause",
    nouns: NOUNS,
    subject: ["name", "a queue's name, or a pattern as customer/* for each queue that it matches"],
    connect: async (command) => (await connect(command)).queues,
  });
  queues.all("list", "all settings, by name", (api) => api.list(), showItems(QUEUE));
  queues.one("get", "the settings of one name or pattern", (api, name) => api.get(name), showItem(QUEUE));
  queues
    .one(
      "set",
      "replace the settings; what is left out is not limited",
      (api, name, { concurrency, rate, paused }: QueueRequest) => api.set(name, { concurrency, rate, paused }),
      showItem(QUEUE),
    )
    .option("--concurrency <n>", "jobs of the queue that run at a time", anyNumber)
    .option("--rate <limit/period>", "starts in a period, as 100/1m", parseRate)
    .option("--paused", "start nothing");
  queues.one(
    "pause",
    "start nothing of a queue any more; what runs goes on",
    (api, name) => api.pause(name),
    showItem(QUEUE),
  );
  queues.one("resume", "go on with all that waits", (api, name) => api.resume(name), showItem(QUEUE));
  queues.end("delete", "take the settings away; the jobs stay", {
    find: (api, name) => api.get(name),
    run: (api, name) => api.delete(name),
    asks: (what) => `Delete the settings of ${what}? The jobs stay, and start without these limits.`,
    done: "deleted",
  });
}

function periodText(seconds: number): string {
  return seconds === 1 ? "s" : durationText(seconds * 1_000);
}

function parseRate(text: string): { limit: number; period: Duration } {
  const [, limit, period] = /^(\d+)\/(.+)$/.exec(text) ?? [];
  if (limit === undefined || period === undefined) {
    throw new InvalidArgumentError("It must be a number and a period, as 100/1m or 5/s.");
  }
  return { limit: Number(limit), period: duration(/^(ms|s|m|h|d)$/.test(period) ? `1${period}` : period) };
}
