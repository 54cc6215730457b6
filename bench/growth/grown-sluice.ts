import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { enqueueRequest, type RunningContender } from "../contender.ts";
import { NO_LIMITS } from "../contenders/sluice.ts";
import { FINISHED_PATH } from "../finish-log.ts";
import { BENCH_TENANT } from "../http-front.ts";
import { startWorker } from "../miniflare-worker.ts";
import { type Runtime, startRuntime } from "../runtime.ts";

/** A Sluice whose database is filled, and that is started again on what it has on disk. */
export class GrownSluice implements RunningContender {
  readonly key: string;
  readonly #runtime: Runtime<typeof BENCH_TENANT>;
  #running: Pick<Runtime<string>, "url" | "miniflare">;

  private constructor(runtime: Runtime<typeof BENCH_TENANT>) {
    this.#runtime = runtime;
    this.#running = runtime;
    this.key = runtime.keys[BENCH_TENANT];
  }

  static async start(dir: string, name: string): Promise<GrownSluice> {
    const stateDir = join(dir, name);
    await mkdir(stateDir);
    const tenants = [{ id: BENCH_TENANT } as const];
    return new GrownSluice(await startRuntime({ stateDir, main: "bench/workers/sluice.ts", tenants, vars: NO_LIMITS }));
  }

  get url(): string {
    return this.#running.url;
  }

  get finishedUrl(): string {
    return this.url + FINISHED_PATH;
  }

  database(): ReturnType<Runtime<string>["miniflare"]["getD1Database"]> {
    return this.#running.miniflare.getD1Database("DB");
  }

  /**
   * Ends the runtime and starts it again: nothing is in any memory.
   * @returns how long the first request to enqueue a job took, from the moment at which the runtime listened, in milliseconds
   */
  async restart(): Promise<number> {
    await this.stop();
    this.#running = await startWorker(this.#runtime.built);
    const { method, path, headers } = enqueueRequest(1, { key: this.key });
    const began = performance.now();
    const answer = await fetch(this.url + path, { method, headers, body: JSON.stringify({ type: "noop" }) });
    await answer.text();
    if (answer.status !== 202) throw new Error(`the first request after a restart was answered ${answer.status}`);
    return performance.now() - began;
  }

  stop(): Promise<void> {
    return this.#running.miniflare.dispose();
  }
}
