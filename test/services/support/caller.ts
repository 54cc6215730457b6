import type { Miniflare } from "miniflare";
import { expect } from "vitest";
import type { JobView } from "../../../src/protocol/job-view.ts";

/** What a call has come to, in the Worker that has called. */
export interface Answer {
  readonly value?: any;
  readonly error?: any;
}

/** Calls Sluice from another Worker, through one of its bindings. */
export class Caller {
  readonly #miniflare: Miniflare;
  readonly #worker: string;

  constructor(miniflare: Miniflare, worker: string) {
    this.#miniflare = miniflare;
    this.#worker = worker;
  }

  /** `env[binding][call](...args)` */
  binding(binding: string, call: string, ...args: readonly unknown[]): Promise<Answer> {
    return this.#post({ binding, call, args, by: "binding" });
  }

  /** `serviceClient(env[binding])[call](...args)` */
  client(binding: string, call: string, ...args: readonly unknown[]): Promise<Answer> {
    return this.#post({ binding, call, args, by: "client" });
  }

  /** Enqueues a job of the tenant `acme`, and waits for its end. */
  async done(type: string, payload: unknown): Promise<JobView> {
    const { value } = await this.binding("ACME", "enqueue", type, payload);
    return (await this.binding("ACME", "wait", value.id, { timeout: 20 })).value as JobView;
  }

  /** Why a patient job was stopped; "" while it runs, null before. */
  async stopped(name: string): Promise<string | null> {
    const worker = await this.#miniflare.getWorker(this.#worker);
    return (await worker.fetch(`http://team/stopped?name=${name}`)).json() as Promise<string | null>;
  }

  async #post(body: unknown): Promise<Answer> {
    const worker = await this.#miniflare.getWorker(this.#worker);
    const response = await worker.fetch("http://team/", { method: "POST", body: JSON.stringify(body) });
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  }
}
