import type { Group } from "./report-groups.ts";
import type { Query } from "./report-query.ts";

/** Puts groups in order: numbers by value, texts by their UTF-16 code units, null last; equal ones stay as they are. */
export function inOrder(groups: readonly Group[], { name, direction }: NonNullable<Query["orderBy"]>): Group[] {
  const sign = direction === "asc" ? 1 : -1;
  return groups.toSorted((a, b) => {
    const [left = null, right = null] = [a[name], b[name]];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return sign * (Number(left > right) - Number(left < right));
  });
}
