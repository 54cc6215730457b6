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
export function jobDetails(job) {
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
    ...(job.payload === undefined ? [] : [section("payload", valueText(job.payload))]),
    ...(job.result == null ? [] : [section("result", valueText(job.result))]),
  ];
  return [plainTable([{ head: "" }, { head: "" }], facts).trimStart(), ...sections].join("\n\n");
}
function timesOf({ createdAt, startedAt, finishedAt, dueAt, attempt }) {
  const waited = elapsedMs(createdAt, startedAt);
  const ran = elapsedMs(startedAt, finishedAt);
  return [
    ["created", time(createdAt)],
    ...(dueAt === null ? [] : [["due", time(dueAt)]]),
    ...(startedAt === null ? [] : [["started", time(startedAt, startNote(attempt, waited))]]),
    ...(finishedAt === null ? [] : [["finished", time(finishedAt, ran === null ? "" : `ran ${durationText(ran)}`)]]),
  ];
}
function startNote(attempt, waitedMs) {
  const waited = `after ${durationText(waitedMs ?? 0)}`;
  return attempt > 1 ? `${waited}, attempt ${attempt}` : waited;
}
function time(iso, note = "") {
  return `${iso.replace("T", " ")}${note === "" ? "" : `   ${colors.dim(note)}`}`;
}
function errorTable(errors) {
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
function valueText(value) {
  const lines = printable(JSON.stringify(value, null, 2) ?? "null").split("\n");
  const shown = lines.slice(0, MOST_LINES).map((line) => cut(line));
  const hidden = lines.length - shown.length;
  return [...shown, ...(hidden > 0 ? [colors.dim(`… ${hidden} more lines: --json has all`)] : [])].join("\n");
}
function cut(line) {
  if (line.length <= MOST_COLUMNS) return line;
  const shown = line.slice(0, MOST_COLUMNS);
  return `${shown}${colors.dim(`… ${line.length - MOST_COLUMNS} more characters: --json has all`)}`;
}
function section(title, body) {
  return [colors.dim(title), ...body.split("\n").map((line) => INDENT + line)].join("\n");
}
