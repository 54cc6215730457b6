import type { ComponentChildren } from "preact";
import type { JobState } from "../../domain/job.ts";

/** How much of something is done, and in words beside it. */
export function ProgressBar(props: {
  label: string;
  done: number;
  of: number;
  /** Of what is done, what has come to this state: shown in its colour. */
  parts?: readonly { readonly state: JobState; readonly count: number }[];
  isOver?: boolean;
  children: ComponentChildren;
}) {
  const { label, done, of, parts = [], isOver = false, children } = props;
  const share = (part: number) => `${of === 0 ? 100 : Math.min(100, (part / of) * 100)}%`;
  return (
    <>
      <div
        class="progress"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={of}
        aria-valuenow={done}
        data-over={isOver}
      >
        <div style={{ width: share(parts.reduce((left, { count }) => left - count, done)) }} />
        {parts.map(({ state, count }) => (
          <div key={state} data-state={state} style={{ width: share(count) }} />
        ))}
      </div>
      <p>{children}</p>
    </>
  );
}
