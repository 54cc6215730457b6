#!/usr/bin/env node
import { run } from "./program.ts";

// Whoever reads our output has seen enough: `sluice jobs | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));
}
await run(process.argv);
