import { vi } from "vitest";
import { run } from "../../../src/cli/program.ts";
import type { Ended } from "./sluice.ts";

/** Runs `sluice` with these arguments here: without a process of its own, and so one after the other. */
export async function inProcess(args: readonly string[]): Promise<Omit<Ended, "signal">> {
  const printed = { stdout: "", stderr: "" };
  const spies = [
    vi.spyOn(console, "log").mockImplementation((text: string) => void (printed.stdout += `${text}\n`)),
    vi.spyOn(console, "error").mockImplementation((text: string) => void (printed.stderr += `${text}\n`)),
  ];
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await run(["node", "sluice", ...args]);
    return { code: process.exitCode, ...printed };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}
