export { type DrainOptions, drain } from "./testing/drain.ts";
export { MemoryBlobs } from "./testing/memory-blobs.ts";
export { runHandler, type RunOptions } from "./testing/run-handler.ts";
