import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How far each chore of the cron trigger has come in its present round. */
export const chores = sqliteTable("chores", {
  name: text().primaryKey(),
  /** Where the round goes on; NULL when it is over. */
  after: text(),
  begunAt: integer("begun_at").notNull(),
});
