import type { Contender, RunningContender } from "../contender.ts";
import { FINISHED_PATH } from "../finish-log.ts";
import { BENCH_TENANT } from "../http-front.ts";
import { startRuntime } from "../runtime.ts";

/** More than is ever sent: what is measured is not the limits. */
export const NO_LIMITS = { SLUICE_RATE: "10000000", SLUICE_BURST: "10000000", SLUICE_BACKLOG: "10000000" };

const how = (concurrency: string) =>
  `this project's production bundle with a handler that does nothing, on Miniflare; ${concurrency} jobs of the tenant released or running at a time`;

export const sluice: Contender = {
  id: "sluice",
  name: "Sluice",
  how: how("100 (the default)"),
  start: (stateDir) => startSluice(stateDir),
};

export const sluice1000: Contender = {
  id: "sluice-1000",
  name: "Sluice, concurrency 1,000",
  how: how("1,000"),
  measures: ["single", "batch"],
  start: (stateDir) => startSluice(stateDir, { SLUICE_CONCURRENCY: "1000" }),
};

export async function startSluice(
  stateDir: string,
  vars: Readonly<Record<string, string>> = {},
): Promise<RunningContender> {
  const { url, keys, stop } = await startRuntime({
    stateDir,
    main: "bench/workers/sluice.ts",
    tenants: [{ id: BENCH_TENANT }],
    vars: { ...NO_LIMITS, ...vars },
  });
  return { url, key: keys[BENCH_TENANT], finishedUrl: url + FINISHED_PATH, stop };
}
