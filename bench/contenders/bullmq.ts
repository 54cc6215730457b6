import type { Contender } from "../contender.ts";
import { missingRedis, startRedis } from "../services/redis.ts";
import { startOnNode } from "./on-node.ts";

export const bullmq: Contender = {
  id: "bullmq",
  name: "BullMQ + Redis",
  how: "Hono on Node and a BullMQ worker with concurrency 100, a process each; Redis with appendonly yes, appendfsync always",
  missing: missingRedis,
  start: (stateDir) => startOnNode("bullmq.ts", "", () => startRedis(stateDir)),
};
