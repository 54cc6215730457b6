import { type Command, Option } from "commander";
import { STATS_WINDOWS, type StatsWindow } from "../../protocol/stats.ts";
import type { Percentiles, QueueStats, StatsView } from "../../protocol/stats-view.ts";
import { connect, type GlobalOptions } from "../connection.ts";
import { durationText } from "../duration-text.ts";
import { type Field, itemTable } from "../item-view.ts";
import { printable } from "../printable.ts";
import { colors, printJson } from "../terminal.ts";

interface StatsOptions extends GlobalOptions {
  readonly window?: StatsWindow;
  readonly queue?: string;
}

/** `sluice stats`: whether jobs flow, and what has. */
export function addStats(program: Command): void {
  program
    .command("stats")
    .description("whether jobs flow, and what has come and gone, by queue")
    .addOption(new Option("--window <window>", "how far back (default: 1h)").choices(Object.keys(STATS_WINDOWS)))
    .option("--queue <queue>", "of one queue alone")
    .action(async (_: StatsOptions, command: Command) => {
      const { window, queue, json } = command.optsWithGlobals<StatsOptions>();
      const { stats } = await connect(command);
      const view = await stats.get({ window, queue });
      if (json) printJson(view);
      else console.log(statsText(view));
    });
}

const COLUMNS: readonly Field<QueueStats>[] = [
  { name: "queue", text: ({ name }) => name },
  number("in", ({ in: stored }) => stored),
  number("out", ({ out }) => out),
  number("failed", ({ failed }) => failed),
  number("retried", ({ retried }) => retried),
  { name: "waiting", text: ({ waiting }) => `${waiting.count}${waiting.atLeast ? "+" : ""}`, align: "right" },
  number("in flight", ({ inFlight }) => inFlight),
  { name: "wait p50/p95", text: ({ waitMs }) => percentileText(waitMs), align: "right" },
  { name: "run p50/p95", text: ({ runMs }) => percentileText(runMs), align: "right" },
];

function statsText({ now, window, queues, failures }: StatsView): string {
  const failed = failures.map(
    ({ type, error, failed, retried }) => `  ${type}  ${error}: ${failed} failed, ${retried} retried`,
  );
  return [
    printable(now.sentence),
    ...(queues.length === 0
      ? [`nothing within ${window}`]
      : ["", itemTable({ nouns: ["", ""], columns: COLUMNS }, queues)]),
    ...(failed.length === 0 ? [] : ["", colors.dim("failures"), printable(failed.join("\n"))]),
  ].join("\n");
}

function number(name: string, of: (queue: QueueStats) => number): Field<QueueStats> {
  return { name, text: (queue) => of(queue).toLocaleString("en"), align: "right" };
}

function percentileText(times: Percentiles | null): string {
  return times === null ? "–" : `${durationText(times.p50)} / ${durationText(times.p95)}`;
}
