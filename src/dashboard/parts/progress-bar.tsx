import type { ComponentChildren } from "preact";

/** How much of something is done, and in words beside it. */
export function ProgressBar(props: {
  label: string;
  done: number;
  of: number;
  isOver?: boolean;
  children: ComponentChildren;
}) {
  const { label, done, of, isOver = false, children } = props;
  const share = of === 0 ? 1 : Math.min(1, done / of);
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
        <div style={{ width: `${share * 100}%` }} />
      </div>
      <p>{children}</p>
    </>
  );
}
