import type { JobList, JobView } from "../../protocol/job-view.ts";
import type { FailureView } from "../../protocol/stats-view.ts";
import type { Counted } from "./counted.ts";

/** Failed jobs of one type that ended in the same way. */
export interface FailureGroup {
  readonly type: string;
  /** As "Name: message", with "…" for what differs; of the statistics the name alone. */
  readonly error: string;
  readonly jobs: Counted;
  /** When the newest of them ended, in milliseconds since the epoch; null: not known. */
  readonly lastAt: number | null;
  /** A part of the error that all of them have in common, as a plan's filter takes it; undefined: nothing. */
  readonly filter: string | undefined;
}

const LONGEST_FILTER = 200;
/** Ids, numbers and the like: what differs between errors that are the same. */
const VARYING = /[0-9a-f]{8}-[0-9a-f-]{27}|\b0x[0-9a-f]+\b|\b(?=[a-z]*\d)[0-9a-z]{12,}\b|\d{4,}|\d+(?:[.,:]\d+)+/gi;

/**
 * What has failed: the newest dead letters in groups, and what else failed within the hour.
 * @param counted of all that failed within the hour, by the errors' names
 */
export function failuresOf(failed: JobList, counted: readonly FailureView[]): FailureGroup[] {
  const groups = groupFailures(failed);
  // A list that is whole knows better: what has been deleted is no dead letter.
  if (failed.nextCursor === null) return groups;
  const others = counted.filter(
    ({ type, error, failed }) =>
      failed > 0 && !groups.some((group) => group.type === type && group.error.startsWith(`${error}: `)),
  );
  const unseen = others.map(({ type, error, failed: count }) => {
    return { type, error, jobs: { count, atLeast: true }, lastAt: null, filter: `${error}: ` };
  });
  return [...groups, ...unseen];
}

/** Groups failed jobs by type and error, the largest group first. */
export function groupFailures({ data: jobs, nextCursor }: JobList): FailureGroup[] {
  const groups = new Map<string, { type: string; error: string; texts: string[]; count: number; lastAt: number }>();
  for (const job of jobs) {
    const text = errorText(job);
    const error = text.replace(VARYING, "…");
    const key = JSON.stringify([job.type, error]);
    const group = groups.get(key) ?? { type: job.type, error, texts: [], count: 0, lastAt: 0 };
    if (job.errors.length > 0) group.texts.push(text);
    group.count++;
    group.lastAt = Math.max(group.lastAt, Date.parse(job.finishedAt ?? job.createdAt));
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ type, error, texts, count, lastAt }) => {
      const same = texts.every((text) => text === texts[0]);
      const filter = commonStart(texts);
      const counted = { count, atLeast: nextCursor !== null };
      return { type, error: same ? (texts[0] ?? error) : error, jobs: counted, lastAt, filter: filter || undefined };
    })
    .toSorted((a, b) => b.jobs.count - a.jobs.count || b.lastAt - a.lastAt);
}

/** A failed job's last error in one line, as "Name: message". */
export function errorText({ errors }: JobView): string {
  const last = errors.at(-1);
  return last === undefined ? "no error was kept" : `${last.name}: ${last.message}`;
}

function commonStart(texts: readonly string[]): string {
  const [first = ""] = texts;
  let length = Math.min(first.length, LONGEST_FILTER);
  for (const text of texts) {
    while (length > 0 && !text.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}
