import { vi } from "vitest";

const PATIENCE_MS = 10_000;
const { waitFor } = vi;

// Without a limit of its own a test gives up after a second, which on a busy machine proves nothing. This file is run
// for each test file, and what it replaces stays replaced.
if (waitFor.name !== "waitPatiently") {
  vi.waitFor = function waitPatiently(callback, options) {
    const given = typeof options === "number" ? { timeout: options } : options;
    return waitFor(callback, { timeout: PATIENCE_MS, ...given });
  };
}
