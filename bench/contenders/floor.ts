import type { Contender } from "../contender.ts";
import { startSluice } from "./sluice.ts";

export const floor: Contender = {
  id: "floor",
  name: "no-op route (floor)",
  how: "a Hono route on workerd, in the same bundle as Sluice, that reads nothing and answers 202",
  isFloor: true,
  measures: ["single", "half", "status"],
  start: (stateDir) => startSluice(stateDir),
};
