import type { JobList } from "../../protocol/job-view.ts";

/** How many there are, as far as is known. */
export interface Counted {
  readonly count: number;
  /** There may be more: not all were looked at. */
  readonly atLeast: boolean;
}

/** A page as a count: whether there are more is not known when it has a next. */
export function countedIn({ data, nextCursor }: JobList): Counted {
  return { count: data.length, atLeast: nextCursor !== null };
}

/** "1,234", or "100+" when there may be more. */
export function countText({ count, atLeast }: Counted): string {
  return `${count.toLocaleString("en")}${atLeast ? "+" : ""}`;
}

/** "1 job", "37 failed jobs", "100+ jobs". */
export function countOf(counted: Counted, singular: string, plural = `${singular}s`): string {
  return `${countText(counted)} ${counted.count === 1 && !counted.atLeast ? singular : plural}`;
}

/** Whether there is any, or may be. */
export function isSome({ count, atLeast }: Counted): boolean {
  return count > 0 || atLeast;
}
