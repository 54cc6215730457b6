import type { ComponentChildren } from "preact";
import { SluiceError } from "../../client/client.ts";
import type { Polled } from "../data/polled.ts";

/** What went wrong, for people. */
export function problemText(error: Error): string {
  const message = error.message.slice(0, 1).toUpperCase() + error.message.slice(1);
  if (!(error instanceof SluiceError)) return message;
  const id = error.requestId === null ? "" : ` Request ${error.requestId}.`;
  return `${message.replace(/\.$/, "")} (${error.code}).${id}`;
}

function Problem({ error, retry }: { error: Error; retry?: () => Promise<void> }) {
  return (
    <div class="problem row spread" role="alert">
      <span>{problemText(error)}</span>
      {retry && (
        <button type="button" class="button button-small" onClick={() => void retry()}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** Lines where something will be. */
export function Skeleton({ lines = 5 }: { lines?: number }) {
  return (
    <div class="skeletons" role="status">
      <span class="visually-hidden">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="skeleton" style={{ width: `${92 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

/** What was read; before that its outline, or why it cannot be read. */
export function Loaded<Data>(props: { of: Polled<Data>; lines?: number; children: (data: Data) => ComponentChildren }) {
  const { data, error, refresh } = props.of;
  if (data !== null) return <>{props.children(data)}</>;
  if (error !== null) return <Problem error={error} retry={refresh} />;
  return (
    <div class="card">
      <Skeleton lines={props.lines ?? 5} />
    </div>
  );
}
