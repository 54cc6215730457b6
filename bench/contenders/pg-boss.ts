import type { Contender } from "../contender.ts";
import { missingPostgres, startPostgres } from "../services/postgres.ts";
import { startOnNode } from "./on-node.ts";

const how = (woken: string) =>
  `Hono on Node and a pg-boss worker, a process each; ${woken}, batches of 100, four at a time, the next at once while they are full; PostgreSQL with fsync and synchronous_commit on`;

export const pgBoss: Contender = {
  id: "pg-boss",
  name: "pg-boss + PostgreSQL",
  how: how("polls every 0.5 s, the least that it takes"),
  missing: missingPostgres,
  start: (stateDir) => startOnNode("pg-boss.ts", "poll", () => startPostgres(stateDir)),
};

export const pgBossNotify: Contender = {
  id: "pg-boss-notify",
  name: "pg-boss + PostgreSQL, NOTIFY",
  how: `${how("woken by NOTIFY")}. PostgreSQL commits transactions that notify one after the other`,
  measures: ["single", "low"],
  missing: missingPostgres,
  start: (stateDir) => startOnNode("pg-boss.ts", "notify", () => startPostgres(stateDir)),
};
