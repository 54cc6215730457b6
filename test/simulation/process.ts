/** What becomes of one call to a binding. */
export type Fault =
  | "none"
  | "fails before"
  | "fails after"
  | "never answers"
  /** Takes effect when its caller has long given it up. */
  | "comes late"
  | { readonly lateMs: number }
  | "dies before"
  | "dies after";

/** Decides over a call; `statements` are those of a call to D1. */
export type Decide = (process: Process, call: string, statements: readonly string[]) => Fault;

/** Within the deadline of a write, past it, and past a lease. */
const LATE_MS = [2_000, 8_000, 90_000];

/**
 * Something that can die at any moment: a Durable Object or a Worker invocation. Every call to the world outside goes
 * through it, and a dead one never hears of its answer.
 */
export class Process {
  readonly name: string;
  readonly #decide: Decide;
  readonly #onDeath: () => void;
  #dead = false;

  constructor(name: string, decide: Decide, onDeath: () => void = () => undefined) {
    this.name = name;
    this.#decide = decide;
    this.#onDeath = onDeath;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#onDeath();
  }

  /** Makes a call, with whatever fault is to happen to it. */
  async call<T>(name: string, run: () => T | Promise<T>, statements: readonly string[] = []): Promise<T> {
    if (this.#dead) return never();
    const decided = this.#decide(this, name, statements);
    // An object whose storage hangs is reset by the platform.
    const hangs = decided === "never answers" || decided === "comes late";
    const fault = hangs && name.endsWith("Alarm") ? "dies before" : decided;
    if (fault === "dies before") this.kill();
    if (fault === "dies before" || fault === "never answers") return never();
    if (fault === "fails before") throw lost();
    if (fault === "comes late") await late(someLateMs());
    if (typeof fault === "object") await late(fault.lateMs);
    const answer = await run();
    if (fault === "dies after") this.kill();
    if (this.#dead) return never();
    if (fault === "fails after") throw lost();
    return answer;
  }
}

function someLateMs(): number {
  return LATE_MS[Math.floor(Math.random() * LATE_MS.length)] ?? 0;
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
