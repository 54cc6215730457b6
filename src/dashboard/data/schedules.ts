import type { ScheduleList, ScheduleView } from "../../protocol/schedule-view.ts";
import { read } from "./api.ts";

const PER_PAGE = "100";
/** A page that shows more helps nobody. */
const MOST_PAGES = 5;

/** A tenant's schedules by name, and whether there are more. */
export async function readSchedules(): Promise<{ readonly all: readonly ScheduleView[]; readonly more: boolean }> {
  const all: ScheduleView[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { data, nextCursor } = await read<ScheduleList>("/v1/schedules", { limit: PER_PAGE, cursor });
    all.push(...data);
    if (nextCursor === null) return { all, more: false };
    cursor = nextCursor;
  }
  return { all, more: true };
}
