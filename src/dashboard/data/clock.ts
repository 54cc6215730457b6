import { signal } from "@preact/signals";

/** Milliseconds since the epoch, to the second: what ages are told by. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
