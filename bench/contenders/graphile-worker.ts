import type { Contender } from "../contender.ts";
import { missingPostgres, startPostgres } from "../services/postgres.ts";
import { startOnNode } from "./on-node.ts";

export const graphileWorker: Contender = {
  id: "graphile-worker",
  name: "Graphile Worker + PostgreSQL",
  how: "Hono on Node and a Graphile Worker with concurrency 100, a local queue of 500 and batched completion (no delay), a process each; PostgreSQL with fsync and synchronous_commit on. It deletes a job that has succeeded: there is no status to ask for",
  withoutStatus: true,
  missing: missingPostgres,
  start: (stateDir) => startOnNode("graphile-worker.ts", "", () => startPostgres(stateDir)),
};
