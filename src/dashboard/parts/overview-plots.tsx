import type { Series } from "../model/overview.ts";
import { addressOf } from "../router.ts";
import { Plot } from "./plot.tsx";

/** How it went of late: how long jobs waited, how many came and ended, and who was sent away. */
export function OverviewPlots({ series }: { series: Series }) {
  const { times, oldest, waitP95, enqueued, ended, failed, refused, stepSeconds } = series;
  const per = stepSeconds === 60 ? "per minute" : `per ${stepSeconds} s`;
  const count = (value: number) => Math.round(value).toLocaleString("en");
  const limits = Object.entries(refused).filter(([, values]) => sum(values) > 0);
  return (
    <section class="plots" aria-label="Of late">
      <Plot
        title="Oldest due"
        to={addressOf("/jobs", { state: "queued" })}
        latest={ageText(oldest.findLast((value) => value !== null) ?? 0)}
        times={times}
        lines={[
          { label: "oldest", values: oldest, color: "--queued" },
          { label: "p95 of starts", values: waitP95, color: "--running" },
        ]}
        format={ageText}
        steps={AGE_STEPS}
      />
      <Plot
        title={`In and out, ${per}`}
        to={addressOf("/jobs")}
        latest={`${count(sum(enqueued))} in, ${count(sum(ended))} out, ${count(sum(failed))} of them failed`}
        times={times}
        lines={[
          { label: "in", values: enqueued, color: "--accent" },
          { label: "out", values: ended, color: "--succeeded" },
          { label: "failed", values: failed, color: "--failed" },
        ]}
        format={count}
        steps={COUNT_STEPS}
      />
      {limits.length === 0 ? (
        <figure class="card plot">
          <figcaption>
            <h2>503s by limit</h2>
          </figcaption>
          <p class="canvas-empty">Nothing was refused.</p>
        </figure>
      ) : (
        <Plot
          title={`503s by limit, ${per}`}
          latest={limits.map(([limit, values]) => `${count(sum(values))} ${limit}`).join(", ")}
          times={times}
          lines={limits.map(([limit, values]) => ({ label: limit, values, color: `--refused-${limit}` }))}
          format={count}
          steps={COUNT_STEPS}
          bars
        />
      )}
    </section>
  );
}

/** In seconds: what people count time by. */
const AGE_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 604_800];

/** Of jobs there are no halves. */
const COUNT_STEPS = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** An age on an axis, where halves are needed: "1.5 min". */
function ageText(seconds: number): string {
  const [size, unit] = seconds < 60 ? [1, "s"] : seconds < 3_600 ? [60, "min"] : [3_600, "h"];
  const parts = seconds / size < 10 ? 10 : 1;
  // Whole ones only, as elsewhere an age is told; but 1.1 is not a bit less than eleven tenths.
  return seconds === 0 ? "0" : `${Math.floor((seconds / size) * parts + 1e-6) / parts} ${unit}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
