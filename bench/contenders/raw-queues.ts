import type { Contender } from "../contender.ts";
import { startProject } from "./worker-project.ts";

export const rawQueues: Contender = {
  id: "raw-queues",
  name: "raw Queues, no status",
  how: "Hono on workerd, a Queue message for each job, the job in it; nobody can ask for a job. The local Queue is in memory: unlike Cloudflare's it keeps nothing on disk, so this one is not durable here",
  withoutStatus: true,
  start: (stateDir) => startProject("raw-queues", stateDir, false),
};
