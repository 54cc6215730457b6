import { type SQL, sql } from "drizzle-orm";

/** Words as SQL lists them, for `IN`. Of constants only: nothing is escaped. */
export function listed(values: readonly string[]): SQL {
  return sql.raw(values.map((value) => `'${value}'`).join(", "));
}
