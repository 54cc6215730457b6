import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const LEASH = join(import.meta.dirname, "..", "..", "src", "cli", "leash.ts");
const READY_MS = 30_000;
const STOP_MS = 10_000;
const LOOK_MS = 50;

export interface ServerCommand {
  readonly command: readonly [program: string, ...args: string[]];
  /** Asks it to end. */
  readonly signal: NodeJS.Signals;
  /** Resolves to whether it answers. */
  readonly answers: () => Promise<boolean>;
}

/** A database server of the benchmark's own: a process group that ends with this process, even by kill -9. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #signal: NodeJS.Signals;
  readonly #ended: Promise<void>;
  #said = "";

  private constructor({ command, signal }: ServerCommand) {
    this.#signal = signal;
    this.#child = spawn(process.execPath, [LEASH, ...command], { detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-2_000);
      });
    }
  }

  /** @throws Error with what it has printed, when it does not answer in time */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command);
    const deadline = Date.now() + READY_MS;
    while (!(await command.answers().catch(() => false))) {
      if (Date.now() > deadline || server.#child.exitCode !== null) {
        await server.stop();
        throw new Error(`${command.command[0]} does not answer: ${server.#said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return server;
  }

  /** In an orderly way, or else for certain. */
  async stop(): Promise<void> {
    this.#kill(this.#signal);
    const late = setTimeout(() => this.#kill("SIGKILL"), STOP_MS);
    await this.#ended;
    clearTimeout(late);
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
