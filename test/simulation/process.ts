/** What becomes of one call to a binding. */
export type Fault = "none" | "fails before" | "fails after" | "never answers" | "dies before" | "dies after" | Late;

/** Takes effect when its caller may have long given it up, or is gone: it `dies` as soon as it has made the call. */
export interface Late {
  readonly lateMs: number;
  readonly dies?: boolean;
}

/** Decides over a call; `statements` are those of a call to D1. */
export type Decide = (process: Process, call: string, statements: readonly string[]) => Fault;

/**
 * Something that can die at any moment: a Durable Object or a Worker invocation. Every call to the world outside goes
 * through it, and a dead one never hears of its answer.
 */
export class Process {
  readonly name: string;
  readonly #decide: Decide;
  readonly #mourners: (() => void)[] = [];
  #dead = false;

  constructor(name: string, decide: Decide) {
    this.name = name;
    this.#decide = decide;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  onDeath(run: () => void): void {
    this.#mourners.push(run);
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    for (const run of this.#mourners) run();
  }

  /** Makes a call, with whatever fault is to happen to it. */
  async call<T>(name: string, run: () => T | Promise<T>, statements: readonly string[] = []): Promise<T> {
    if (this.#dead) return never();
    const decided = this.#decide(this, name, statements);
    // An object whose storage hangs is reset by the platform.
    const hangs = decided === "never answers" || typeof decided === "object";
    const fault = hangs && name.endsWith("Alarm") ? "dies before" : decided;
    if (fault === "dies before") this.kill();
    if (fault === "dies before" || fault === "never answers") return never();
    if (fault === "fails before") throw lost();
    if (typeof fault === "object") {
      if (fault.dies) this.kill();
      await late(fault.lateMs);
    }
    const answer = await run();
    if (fault === "dies after") this.kill();
    if (this.#dead) return never();
    if (fault === "fails after") throw lost();
    return answer;
  }
}

function late(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

function lost(): Error {
  return new Error("D1_ERROR: Network connection lost.");
}
