import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeSignal } from "./before-signal.ts";
import { type Connection, connectTo, LOCAL_TENANT } from "./connection.ts";
import { execute } from "./d1.ts";
import { type LocalRuntime, startRuntime } from "./local-runtime.ts";
import { prepareState } from "./local-state.ts";
import { freePort } from "./port.ts";
import type { WorkerProject } from "./worker-project.ts";

export interface ThrowawayOptions {
  /** The tenant that it has. */
  readonly tenant?: string;
  /** Where its inspector listens. Whoever stops a handler there is not to be told that its time is up. */
  readonly inspectorPort?: number | undefined;
}

/** A project's Worker on this machine with a state of its own, which is gone when it ends. */
export interface ThrowawayRuntime {
  readonly connection: Connection;
  readonly log: string;
  readonly ended: Promise<void>;
  /** Ends it, and removes what it has kept. */
  remove(): Promise<void>;
}

const A_DAY_MS = 86_400_000;

/**
 * Starts one. A signal that ends this process takes it along.
 * @throws CliError when it does not come up; what it has logged is then kept
 */
export async function startThrowaway(
  project: WorkerProject,
  { tenant = LOCAL_TENANT, inspectorPort }: ThrowawayOptions,
): Promise<ThrowawayRuntime> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-run-"));
  const stateDir = join(dir, "state");
  const log = join(dir, "log");
  let runtime: LocalRuntime | null = null;
  const removeAll = async () => {
    await runtime?.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const stop = beforeSignal(removeAll);
  try {
    await mkdir(stateDir);
    const { [tenant]: key = "" } = await prepareState(project, stateDir, [{ id: tenant }]);
    if (inspectorPort !== undefined) await execute({ project, stateDir }, [PATIENCE]);
    const vars = { SLUICE_ALLOW_LOOPBACK: "127.0.0.1,localhost" };
    const port = await freePort();
    const inspector = inspectorPort === undefined ? {} : { inspectorPort };
    runtime = await startRuntime({ project, stateDir, port, vars, log, allLocal: true, ...inspector });
    const remove = async () => {
      stop();
      await removeAll();
    };
    return { connection: connectTo(runtime.url, key), log, ended: runtime.ended, remove };
  } catch (error) {
    stop();
    await rm(stateDir, { recursive: true, force: true });
    throw error;
  }
}

// The time of an attempt is its type's, and no caller's to choose: so it is changed where it is kept.
const PATIENCE = `CREATE TRIGGER patience AFTER INSERT ON jobs BEGIN
  UPDATE jobs SET timeout_ms = ${A_DAY_MS} WHERE tenant_id = NEW.tenant_id AND id = NEW.id; END`;
