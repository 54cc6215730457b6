import type { TableRow } from "./table.ts";

/** What a part of the demo has to tell. */
export interface Part {
  /** A few of its jobs. */
  readonly rows: readonly TableRow[];
  /** All of it, in a line. */
  readonly summary: string;
}
