import type { LogLine } from "../domain/log-line.ts";
import { readSteps } from "../domain/step.ts";
import type { LogLineView, StepView } from "../protocol/job-view.ts";

/** A job's log as callers see it: the oldest of its kept attempts first. */
export function logViews(json: string | null): LogLineView[] {
  const attempts = Object.entries((json === null ? {} : JSON.parse(json)) as Record<string, LogLine[]>);
  return attempts
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .flatMap(([attempt, lines]) =>
      lines.map((line) => ({ ...line, attempt: Number(attempt), at: new Date(line.at).toISOString() })),
    );
}

/** A job's finished steps as callers see them, in the order in which they finished. */
export function stepViews(json: string | null, withResults: boolean): StepView[] {
  return [...readSteps(json)]
    .toSorted(([, [, a]], [, [, b]]) => a - b)
    .map(([name, [attempt, at, result = null]]) => ({
      name,
      attempt,
      at: new Date(at).toISOString(),
      ...(withResults && { result }),
    }));
}
