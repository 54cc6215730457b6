import type { Skipped } from "../arena.ts";
import type { Options } from "../options.ts";
import type { Round } from "../results.ts";
import type { Machine } from "./machine.ts";

/** All that a run has found: what `results.json` holds, and all that the report is made of. */
export interface BenchRun {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly options: Options;
  /** With as many rounds and as much time as is meant, and everything in it. */
  readonly isFull: boolean;
  readonly machine: Machine;
  readonly contenders: readonly { readonly id: string; readonly name: string; readonly how: string }[];
  readonly skipped: readonly Skipped[];
  readonly rounds: readonly Round[];
}
