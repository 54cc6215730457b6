/** What becomes of one call to a binding. */
export type Fault =
  | "none"
  | "fails before"
  | "fails after"
  | "never answers"
  /** Takes effect when its caller has long given it up. */
  | "comes late"
  | "dies before"
  | "dies after";

/** Longer than a lease. */
const LATE_MS = 90_000;

/**
 * Something that can die at any moment: a Durable Object or a Worker invocation. Every call to the world outside goes
 * through it, and a dead one never hears of its answer.
 */
export class Process {
  readonly name: string;
  readonly #decide: (process: Process, call: string) => Fault;
  readonly #onDeath: () => void;
  #dead = false;

  constructor(name: string, decide: (process: Process, call: string) => Fault, onDeath: () => void = () => undefined) {
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
  async call<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    if (this.#dead) return never();
    const decided = this.#decide(this, name);
    // An object whose storage hangs is reset by the platform.
    const hangs = decided === "never answers" || decided === "comes late";
    const fault = hangs && name.endsWith("Alarm") ? "dies before" : decided;
    if (fault === "dies before") this.kill();
    if (fault === "dies before" || fault === "never answers") return never();
    if (fault === "fails before") throw lost();
    if (fault === "comes late") await new Promise<void>((resolve) => void setTimeout(resolve, LATE_MS));
    const answer = await run();
    if (fault === "dies after") this.kill();
    if (this.#dead) return never();
    if (fault === "fails after") throw lost();
    return answer;
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

function lost(): Error {
  return new Error("D1_ERROR: Network connection lost.");
}
