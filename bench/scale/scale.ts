import { readFile, writeFile } from "node:fs/promises";
import { withGenerated } from "./generated.ts";
import { scalePlot, scaleTables } from "./report.ts";

const PAGE = new URL("../../docs/scale.md", import.meta.url);
const PLOT = new URL("../../docs/scale.svg", import.meta.url);

await writeFile(PAGE, withGenerated(await readFile(PAGE, "utf8"), scaleTables()));
await writeFile(PLOT, scalePlot());
console.log("docs/scale.md and docs/scale.svg are written.");
