import type { Contender } from "../contender.ts";
import { startProject } from "./worker-project.ts";

export const textbook: Contender = {
  id: "textbook",
  name: "textbook build",
  how: "Hono on workerd as a team would write it by hand: for each request a call to a limiter object, a D1 insert and a Queue send; for each job a statement that claims it and one that finishes it. A request of 100 jobs is one D1 batch and one sendBatch",
  start: (stateDir) => startProject("textbook", stateDir, true),
};
