import { parseArgs } from "node:util";

export interface Options {
  /** Rounds that count; the warm-up comes before them. */
  readonly rounds: number;
  /** How long each load lasts, about. */
  readonly seconds: number;
  /** Contenders, and `growth`; empty: all. */
  readonly only: readonly string[];
  /** Measures; empty: all. */
  readonly measures: readonly string[];
  /** No round begins after this time. */
  readonly minutes: number;
  /** Where the report is written. */
  readonly out: string;
}

/** Rounds and seconds that a run has when nothing else is said: what is less is reported as a short run. */
export const FULL_RUN = { rounds: 5, seconds: 3 };
const FULL_MINUTES = 24;

/** @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: String(FULL_RUN.rounds) },
      seconds: { type: "string", default: String(FULL_RUN.seconds) },
      only: { type: "string", default: "" },
      measures: { type: "string", default: "" },
      minutes: { type: "string", default: String(FULL_MINUTES) },
      out: { type: "string", default: "docs" },
    },
  });
  return {
    rounds: positive("rounds", values.rounds, Number.isInteger),
    seconds: positive("seconds", values.seconds),
    only: list(values.only),
    measures: list(values.measures),
    minutes: positive("minutes", values.minutes),
    out: values.out,
  };
}

/** Whether a run is all that it is meant to be. */
export function isFullRun({ rounds, seconds, only, measures }: Options): boolean {
  return rounds >= FULL_RUN.rounds && seconds >= FULL_RUN.seconds && only.length === 0 && measures.length === 0;
}

function positive(name: string, text: string, isRight: (value: number) => boolean = Number.isFinite): number {
  const value = Number(text);
  if (text === "" || !isRight(value) || value <= 0)
    throw new Error(`--${name} must be a number above 0, not "${text}"`);
  return value;
}

function list(text: string): string[] {
  return text.split(",").filter((item) => item !== "");
}
