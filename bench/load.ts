import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { LoadRequest } from "./contender.ts";

/** What the load generator is to send. The requests take turns. */
export type LoadOrder = {
  readonly url: string;
  readonly requests: readonly LoadRequest[];
} & (
  | {
      /** Each connection sends its next request when its last one was answered: as much as the other side can take. */
      readonly mode: "closed";
      readonly connections: number;
      /** Requests in all. */
      readonly amount: number;
    }
  | {
      /** At fixed times, whether or not earlier ones were answered; latencies count from those times. */
      readonly mode: "open";
      /** Requests a second. */
      readonly rate: number;
      readonly seconds: number;
    }
);

export interface LoadReport {
  /** Answered 2xx. */
  readonly acknowledged: number;
  /** Answered otherwise. */
  readonly refused: number;
  /** Not answered, or not sent because too many had not been answered. */
  readonly failed: number;
  /** When the first was sent: milliseconds since the epoch. */
  readonly startedAt: number;
  /** From there to the last answer. */
  readonly seconds: number;
  /** In milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
}

const PROGRAM = join(import.meta.dirname, "contenders", "processes", "load-generator.ts");

/** The load generator: a process of its own, which fills one order after the other. */
export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(PROGRAM, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.setMaxListeners(0);
  }

  /** @throws Error when the generator has ended */
  send(order: LoadOrder): Promise<LoadReport> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error("the load generator has ended"));
      this.#child.once("exit", ended);
      this.#child.once("message", (answer: LoadReport | { error: string }) => {
        this.#child.off("exit", ended);
        if ("error" in answer) reject(new Error(`the load generator: ${answer.error}`));
        else resolve(answer);
      });
      this.#child.send(order, (error) => error && reject(error));
    });
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
