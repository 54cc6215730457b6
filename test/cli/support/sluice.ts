import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");
/** The command line's entry point. */
export const SLUICE = join(REPOSITORY, "src", "cli", "sluice.ts");
/** Makes a process begin in a third of the time. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(REPOSITORY, "node_modules", ".cache", "sluice-cli") };

/** How a command has ended, and what it has printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd: string;
  /** Beside what a program needs to run at all. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** A command that runs. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves when it has printed this. */
  printed(text: string, stream?: "stdout" | "stderr"): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Reads nothing more from it, as `head` does. */
  closeOutput(): void;
}

/** Runs `sluice` with these arguments, and without anybody's environment, to its end. */
export function sluice(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return start(args, surroundings).ended;
}

export function start(args: readonly string[], { cwd, env = {}, stdin = "" }: Surroundings): Running {
  const { PATH = "", HOME = "" } = process.env;
  // A CI's environment must not bring colours.
  const child = spawn(process.execPath, [SLUICE, ...args], {
    cwd,
    env: { PATH, HOME, CI: "1", ...COMPILE_CACHE, ...env },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => (output[name] += chunk));
  }
  child.stdin.on("error", () => {}).end(stdin);
  return {
    ended: once(child, "close").then(([code, signal]) => ({ code, signal, ...output })),
    async printed(text, stream = "stdout") {
      while (!output[stream].includes(text)) await once(child[stream], "data");
    },
    kill: (signal) => void child.kill(signal),
    closeOutput: () => void child.stdout.destroy(),
  };
}

/** The JSON objects that were printed, one to a line. */
export function jsonLines<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
