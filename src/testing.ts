export { type DrainOptions, drain } from "./testing/drain.ts";
export { MemoryBlobs } from "./testing/memory-blobs.ts";
export { runBatchHandler } from "./testing/run-batch-handler.ts";
export { type RunOptions, runHandler } from "./testing/run-handler.ts";
export type { TestOptions } from "./testing/test-context.ts";
