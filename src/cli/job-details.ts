import type { AttemptFailure, JobView, LogLineView, StepView } from "../protocol/job-view.ts";
import { logText } from "../protocol/log-text.ts";
import { durationText, elapsedMs } from "./duration-text.ts";
import { stateText } from "./job-state.ts";
import { plainTable } from "./plain-table.ts";
import { printable, printableLine } from "./printable.ts";
import { colors } from "./terminal.ts";

const MOST_LINES = 20;
const MOST_COLUMNS = 160;
const MOST_ERROR = 200;
const INDENT = "  ";

/** All of a job, for people: what is long is cut, and says so. */
export function jobDetails(job: JobView): string {
  const facts = [
    ["job", job.id],
    ["type", printableLine(job.type)],
    ["state", stateText(job.state)],
    ["queue", `${printableLine(job.queue)}, priority ${job.priority}`],
    ["attempts", `${job.attempt} of ${job.maxAttempts}`],
    ...timesOf(job),
  ].map(([name = "", value = ""]) => [colors.dim(name), value]);
  const sections = [
    ...(job.errors.length === 0 ? [] : [section("errors", errorTable(job.errors))]),
    ...(job.steps?.length ? [section("finished steps", stepTable(job.steps))] : []),
    ...(job.logs?.length ? [section("log", logLines(job.logs))] : []),
    ...(job.payload === undefined ? [] : [section("payload", valueText(job.payload))]),
    ...(job.result == null ? [] : [section("result", valueText(job.result))]),
  ];
  return [plainTable([{ head: "" }, { head: "" }], facts).trimStart(), ...sections].join("\n\n");
}

function timesOf({ createdAt, startedAt, finishedAt, dueAt, attempt }: JobView): string[][] {
  const waited = elapsedMs(createdAt, startedAt);
  const ran = elapsedMs(startedAt, finishedAt);
  return [
    ["created", time(createdAt)],
    ...(dueAt === null ? [] : [["due", time(dueAt)]]),
    ...(startedAt === null ? [] : [["started", time(startedAt, startNote(attempt, waited))]]),
    ...(finishedAt === null ? [] : [["finished", time(finishedAt, ran === null ? "" : `ran ${durationText(ran)}`)]]),
  ];
}

function startNote(attempt: number, waitedMs: number | null): string {
  const waited = `after ${durationText(waitedMs ?? 0)}`;
  return attempt > 1 ? `${waited}, attempt ${attempt}` : waited;
}

function time(iso: string, note = ""): string {
  return `${iso.replace("T", " ")}${note === "" ? "" : `   ${colors.dim(note)}`}`;
}

function errorTable(errors: readonly AttemptFailure[]): string {
  return plainTable(
    [{ head: "#", align: "right" }, { head: "AT" }, { head: "KIND" }, { head: "WHAT" }],
    errors.map(({ attempt, at, kind, name, message }) => [
      String(attempt),
      at.slice(11),
      kind,
      printableLine(`${name}: ${message}`, MOST_ERROR),
    ]),
  );
}

function stepTable(steps: readonly StepView[]): string {
  return plainTable(
    [{ head: "#", align: "right" }, { head: "AT" }, { head: "STEP" }],
    steps.map(({ attempt, at, name }) => [String(attempt), at.slice(11), printableLine(name)]),
  );
}

// The newest: what went wrong is at the end.
function logLines(lines: readonly LogLineView[]): string {
  const shown = lines.slice(-MOST_LINES).map((line) => printableLine(logText(line), MOST_ERROR));
  const hidden = lines.length - shown.length;
  return [...(hidden > 0 ? [colors.dim(`… ${hidden} lines before: --json has all`)] : []), ...shown].join("\n");
}

function valueText(value: unknown): string {
  const lines = printable(JSON.stringify(value, null, 2) ?? "null").split("\n");
  const shown = lines.slice(0, MOST_LINES).map((line) => cut(line));
  const hidden = lines.length - shown.length;
  return [...shown, ...(hidden > 0 ? [colors.dim(`… ${hidden} more lines: --json has all`)] : [])].join("\n");
}

function cut(line: string): string {
  if (line.length <= MOST_COLUMNS) return line;
  const shown = line.slice(0, MOST_COLUMNS);
  return `${shown}${colors.dim(`… ${line.length - MOST_COLUMNS} more characters: --json has all`)}`;
}

function section(title: string, body: string): string {
  return [colors.dim(title), ...body.split("\n").map((line) => INDENT + line)].join("\n");
}
