import { signal } from "@preact/signals";
import { problemText } from "./outcome.tsx";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "good" | "bad";
}

const SHOWN_MS = 6_000;
const MOST = 4;

const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** Says what has come of something, for a few seconds. */
function say(text: string, tone: Toast["tone"] = "good"): void {
  const id = ++last;
  toasts.value = [...toasts.value, { id, text, tone }].slice(-MOST);
  setTimeout(() => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }, SHOWN_MS);
}

/** Does something and says what has come of it; resolves with whether it was done. */
export async function tried(done: string, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    say(done);
    return true;
  } catch (error) {
    say(problemText(error instanceof Error ? error : new Error(String(error))), "bad");
    return false;
  }
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, tone }) => (
        <div key={id} class="toast" data-tone={tone}>
          {text}
        </div>
      ))}
    </div>
  );
}
