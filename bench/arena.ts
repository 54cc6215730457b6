import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isTaken, MEASURES } from "./all-contenders.ts";
import type { Contender } from "./contender.ts";
import type { LoadGenerator } from "./load.ts";
import type { Measure } from "./measure.ts";
import type { Options } from "./options.ts";
import type { Results } from "./results.ts";
import { Trial } from "./trial.ts";

export interface Skipped {
  readonly id: string;
  readonly why: string;
}

/** What a part of the benchmark works with. */
export interface Stage {
  /** An empty directory for whatever is started. */
  readonly dir: string;
  readonly options: Options;
  readonly load: LoadGenerator;
  readonly results: Results;
  /** Whatever is to be ended with the benchmark, also when that is interrupted. */
  readonly ends: (() => Promise<void>)[];
  /** Aborts when the benchmark is interrupted: nothing more is to be begun. */
  readonly interrupted: AbortSignal;
  readonly say: (line: string) => void;
  /** What was left out, and why. */
  readonly skipped: Skipped[];
}

/** Measures the contenders in turns, in a new order for each round and measure, each drained before the next. */
export async function measureContenders(stage: Stage, contenders: readonly Contender[], until: number): Promise<void> {
  const { options, say, skipped } = stage;
  const measures = MEASURES.filter(({ id }) => options.measures.length === 0 || options.measures.includes(id));
  const trials = await startAll(stage, contenders);
  for (let round = 0; round <= options.rounds && trials.size > 0; round++) {
    if (Date.now() > until) {
      skipped.push({ id: "contenders", why: `the time was over before round ${round} of ${options.rounds}` });
      break;
    }
    say(round === 0 ? "warm-up" : `round ${round} of ${options.rounds}`);
    for (const measure of measures) {
      for (const trial of shuffled([...trials])) {
        if (isTaken(measure, trial.contender) && !(await take(stage, measure, trial, round))) trials.delete(trial);
      }
    }
  }
}

async function startAll({ dir, load, ends, interrupted, say, skipped }: Stage, contenders: readonly Contender[]) {
  const trials = new Set<Trial>();
  for (const contender of contenders) {
    const missing = contender.missing?.() ?? null;
    if (missing !== null) {
      say(`${contender.name}: skipped, ${missing}`);
      skipped.push({ id: contender.id, why: missing });
      continue;
    }
    say(`${contender.name}: starting`);
    const stateDir = join(dir, contender.id);
    await mkdir(stateDir);
    const running = await contender.start(stateDir);
    ends.push(() => running.stop());
    interrupted.throwIfAborted();
    trials.add(new Trial(contender, running, load));
  }
  return trials;
}

/** @returns whether the contender can go on: one that does not drain would be in the way of the next round */
async function take(
  { options, results, interrupted, say, skipped }: Stage,
  measure: Measure,
  trial: Trial,
  round: number,
) {
  const { id, name } = trial.contender;
  interrupted.throwIfAborted();
  const known = (of: string, figure: string) => results.known(of, id, figure);
  try {
    const isWarmUp = round === 0;
    const figures = await measure.take(trial, { seconds: isWarmUp ? 1 : options.seconds, isWarmUp, known });
    results.add({ measure: measure.id, of: id, round, figures });
    say(`  ${measure.id.padEnd(8)} ${name.padEnd(30)} ${told(figures)}`);
    return true;
  } catch (error) {
    interrupted.throwIfAborted();
    const why = `${measure.id} in round ${round}: ${error instanceof Error ? error.message : String(error)}`;
    say(`  ${name}: left out from here on, ${why}`);
    skipped.push({ id, why });
    return false;
  }
}

/** Figures in a line. */
export function told(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join("  ");
}

/** The same items in any order, each as likely as the others. */
export function shuffled<T>(items: readonly T[]): T[] {
  const drawn = items.map((item) => ({ item, lot: Math.random() }));
  return drawn.toSorted((a, b) => a.lot - b.lot).map(({ item }) => item);
}
