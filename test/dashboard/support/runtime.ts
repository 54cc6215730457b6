import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startRuntime } from "../../../bench/runtime.ts";
import { CHROMIUM } from "../../../scripts/chromium.ts";

const TENANTS = ["flow", "dead", "queues", "look", "empty", "cut", "many", "live"] as const;
export type Tenant = (typeof TENANTS)[number];

/** Jobs that a tenant of these tests may enqueue at once. */
const BURST = 200_000;

declare module "vitest" {
  export interface ProvidedContext {
    /** Where Sluice runs, and the keys of the tenants that the tests have for themselves. */
    dashboard: { readonly url: string; readonly keys: Readonly<Record<Tenant, string>> };
  }
}

/** Starts Sluice once for all files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`There is no ${CHROMIUM}. The dashboard is tested in it: apt-get install chromium`);
  }
  const stateDir = await mkdtemp(join(tmpdir(), "sluice-dashboard-"));
  const runtime = await startRuntime({
    stateDir,
    main: "test/support/dashboard-worker.ts",
    tenants: TENANTS.map((id) => ({ id, rate: BURST, burst: BURST })),
    vars: { SLUICE_BACKLOG: String(BURST), SLUICE_SECRET_KEYS: `test:${Buffer.alloc(32, 1).toString("base64")}` },
  });
  project.provide("dashboard", { url: runtime.url, keys: runtime.keys });
  return async () => {
    await runtime.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}
