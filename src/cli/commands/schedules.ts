import { type Command, Option } from "commander";
import type { Duration } from "../../domain/duration.ts";
import { MISSED_POLICIES, type MissedPolicy, OVERLAPS, type Overlap } from "../../domain/schedule.ts";
import type { ChainJobView } from "../../protocol/job-view.ts";
import type { JobTypes } from "../../protocol/jobs-api.ts";
import type { ScheduleView } from "../../protocol/schedule-view.ts";
import type { ScheduleRequest, TypedSchedule } from "../../protocol/schedules.ts";
import { usageError } from "../cli-error.ts";
import { connect } from "../connection.ts";
import { type ItemView, showItem, showItems, timeText } from "../item-view.ts";
import { showJob } from "../job-line.ts";
import { anyNumber, duration } from "../option-parsers.ts";
import { readPayload } from "../payload.ts";
import { addResource } from "../resource.ts";

interface SetOptions {
  readonly cron: string;
  readonly type: string;
  readonly payload?: string;
  readonly timezone?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly maxAttempts?: number;
  readonly expireIn?: Duration;
  readonly overlap?: Overlap;
  readonly missed?: MissedPolicy;
  readonly paused?: boolean;
  readonly then?: string;
  readonly onFailure?: string;
}

type Steps = NonNullable<ScheduleRequest["then"]>;

const NOUNS = ["schedule", "schedules"] as const;

const SCHEDULE: ItemView<ScheduleView> = {
  nouns: NOUNS,
  columns: [
    { name: "schedule", text: ({ name }) => name },
    { name: "cron", text: ({ cron }) => cron },
    { name: "timezone", text: ({ timezone }) => timezone },
    { name: "type", text: ({ type }) => type },
    { name: "state", text: ({ paused }) => (paused ? "paused" : "active") },
    { name: "next run", text: ({ nextRuns }) => timeText(nextRuns[0]) },
    { name: "last run", text: ({ lastRun }) => timeText(lastRun?.at) },
  ],
  details: [
    { name: "last job", text: ({ lastRun }) => lastRun?.jobId ?? "" },
    { name: "queue", text: ({ queue, priority }) => `${queue}, priority ${priority}` },
    { name: "attempts", text: ({ maxAttempts }) => String(maxAttempts) },
    { name: "overlap", text: ({ overlap }) => overlap },
    { name: "missed", text: ({ missed }) => missed },
    { name: "expires", text: ({ expireIn }) => (expireIn === null ? "" : `after ${expireIn} s`) },
    { name: "callback", text: ({ callback }) => callback?.url ?? "" },
    { name: "then", text: ({ next }) => next.map(stepText).join(", then ") },
    { name: "on failure", text: ({ onFailure }) => (onFailure === null ? "" : stepText(onFailure)) },
    { name: "payload", text: ({ payload }) => (payload === undefined ? "" : JSON.stringify(payload)) },
  ],
};

/** `sluice schedules`: jobs by the clock. */
export function addSchedules(program: Command): void {
  const schedules = addResource(program, {
    name: "schedules",
    description: "jobs by the clock",
    nouns: NOUNS,
    subject: ["name", "the schedule's name"],
    connect: async (command) => (await connect(command)).schedules,
  });
  schedules.all("list", "all schedules, by name", (api) => api.list(), showItems(SCHEDULE));
  schedules.one("get", "one schedule, with its payload", (api, name) => api.get(name), showItem(SCHEDULE));
  schedules
    .one(
      "set",
      "make a schedule, or change it into this",
      async (api, name, options: SetOptions) => api.set(name, await requestOf(options)),
      showItem(SCHEDULE),
    )
    .alias("create")
    .requiredOption("--cron <expression>", '5 fields, or 6 with seconds before them: "0 9 * * 1-5"')
    .requiredOption("--type <type>", "which handler runs its jobs")
    .option("--payload <json>", "JSON, @file for a file's, or - for that of standard input")
    .option("--timezone <name>", "as Europe/Berlin (default: UTC)")
    .option("--queue <queue>", "the lane its jobs wait in")
    .option("--priority <n>", "0 to 9, higher first", anyNumber)
    .option("--max-attempts <n>", "instead of the type's own", anyNumber)
    .option("--expire-in <duration>", "a job that has not started by then is cancelled", duration)
    .addOption(new Option("--overlap <policy>", "while its last job is unfinished (default: allow)").choices(OVERLAPS))
    .addOption(new Option("--missed <policy>", "ticks that nobody made (default: skip)").choices(MISSED_POLICIES))
    .option("--then <json>", "an array of jobs that follow on its success, one after the other; or @file, or -")
    .option("--on-failure <json>", "a job that follows when it, or one of those, fails; or @file, or -")
    .option("--paused", "make no jobs yet");
  schedules.one("pause", "make no jobs any more", (api, name) => api.pause(name), showItem(SCHEDULE));
  schedules.one("resume", "go on with the next tick from now", (api, name) => api.resume(name), showItem(SCHEDULE));
  schedules.one("run", "enqueue its job now, beside the ticks", (api, name) => api.run(name), showJob);
  schedules.end("delete", "delete schedules; the jobs that they have made stay", {
    find: (api, name) => api.get(name),
    run: (api, name) => api.delete(name),
    asks: (what) => `Delete ${what}? The jobs that are there already stay.`,
    done: "deleted",
  });
}

// The options of all commands are among them: what the API is sent is named.
async function requestOf({ payload, then, onFailure, ...options }: SetOptions): Promise<TypedSchedule<JobTypes>> {
  if ([payload, then, onFailure].filter((argument) => argument === "-").length > 1) {
    throw usageError("only one of --payload, --then and --on-failure can be read from standard input");
  }
  const { cron, type, timezone, queue, priority, maxAttempts, expireIn, overlap, missed, paused } = options;
  return {
    cron,
    type,
    payload: await jsonOf(payload),
    ...(then !== undefined && { then: (await jsonOf(then)) as Steps }),
    ...(onFailure !== undefined && { onFailure: (await jsonOf(onFailure)) as Steps[number] }),
    timezone,
    queue,
    priority,
    maxAttempts,
    expireIn,
    overlap,
    missed,
    paused,
  };
}

function jsonOf(argument: string | undefined): Promise<unknown> {
  return argument === undefined ? Promise.resolve(null) : readPayload(argument, process.stdin);
}

function stepText({ type, queue }: ChainJobView): string {
  return `${type} in ${queue}`;
}
