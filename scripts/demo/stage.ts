import type { Checks } from "./checks.ts";
import type { Caller } from "./client.ts";
import type { Receiver } from "./receiver.ts";
import type { TableRow } from "./table.ts";

/** The tenants of the demo. One of them sends more than it may. */
export const TENANTS = [{ id: "demo" }, { id: "stranger" }, { id: "burst", rate: 100, burst: 50 }] as const;

/** What the parts of the demo play on. */
export interface Stage {
  readonly callers: Readonly<Record<(typeof TENANTS)[number]["id"], Caller>>;
  readonly receiver: Receiver;
  readonly checks: Checks;
  /** Where files are left to be looked at. */
  readonly directory: string;
}

/** What a part of the demo has to tell. */
export interface Part {
  /** A few of its jobs. */
  readonly rows: readonly TableRow[];
  /** All of it, in a line. */
  readonly summary: string;
}
