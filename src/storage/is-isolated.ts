/**
 * SQL: whether a job must run alone, as 0 or 1. A version without the column `isolated` counts a crash instead, and may
 * run beside this one while it is rolled out.
 */
export const IS_ISOLATED = "(isolated = 1 OR crashes > 0)";
