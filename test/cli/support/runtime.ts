import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { freePort } from "../../../src/cli/port.ts";
import { writeTenants } from "../../../src/cli/tenant-rows.ts";
import { localStateDir, readProject } from "../../../src/cli/worker-project.ts";
import { newApiKey } from "../../../src/protocol/api-key.ts";
import { workerProject } from "./project.ts";
import { COMPILE_CACHE, SLUICE } from "./sluice.ts";

const TENANTS = ["enqueue", "generated", "jobs", "resources", "run", "watch"] as const;
type Tenant = (typeof TENANTS)[number];

/** A Worker project in which `sluice dev` runs. */
export interface Runtime {
  readonly dir: string;
  readonly url: string;
  /** Of the tenants that the tests have for themselves. */
  readonly keys: Readonly<Record<Tenant, string>>;
}

declare module "vitest" {
  export interface ProvidedContext {
    runtime: Runtime;
  }
}

/** Starts it once for all files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await workerProject();
  const dev = spawn(process.execPath, [SLUICE, "dev", "--port", String(await freePort())], {
    cwd: dir,
    env: { ...process.env, ...COMPILE_CACHE },
  });
  project.provide("runtime", { dir, url: await urlOf(dev), keys: await makeTenants(dir) });
  return async () => {
    dev.kill("SIGINT");
    const [code] = await once(dev, "close");
    if (code !== 130) throw new Error(`sluice dev has ended with ${code}`);
    await rm(dir, { recursive: true, force: true });
  };
}

async function makeTenants(dir: string): Promise<Runtime["keys"]> {
  const project = readProject(join(dir, "wrangler.toml"));
  const tenants = TENANTS.map((id) => ({ id }));
  const keys = TENANTS.map((tenantId) => ({ tenantId, key: newApiKey(tenantId), name: "test" }));
  await writeTenants({ project, stateDir: localStateDir(project) }, tenants, keys);
  return Object.fromEntries(keys.map(({ tenantId, key }) => [tenantId, key])) as Runtime["keys"];
}

// As it is printed; everything after that is the log.
function urlOf(dev: ChildProcess): Promise<string> {
  let output = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const read = (chunk: Buffer) => {
    output += chunk.toString();
    const url = /✔ Sluice on (\S+) \(\d+ s\) {3}tenant demo {3}key slk_demo_/.exec(output)?.[1];
    if (url !== undefined) resolve(url);
  };
  dev.stdout?.on("data", read);
  dev.stderr?.on("data", read);
  dev.once("close", (code) => reject(new Error(`sluice dev has ended with ${code}:\n${output}`)));
  return promise;
}
