export { type DrainOptions, drain } from "./testing/drain.ts";
export { MemoryBlobs } from "./testing/memory-blobs.ts";
export { type RunOptions, runHandler } from "./testing/run-handler.ts";
