/** When the prices here were looked up. */
export const PRICES_AS_OF = "2026-11-21";

const WORKERS = "https://developers.cloudflare.com/workers/platform/pricing/";
const OBJECTS = "https://developers.cloudflare.com/durable-objects/platform/pricing/";
const QUEUES = "https://developers.cloudflare.com/queues/platform/pricing/";
const D1 = "https://developers.cloudflare.com/d1/platform/pricing/";
const R2 = "https://developers.cloudflare.com/r2/pricing/";

/** What is billed for a job: US dollars per million, past what the Workers Paid plan includes. */
export const PRICES = {
  workerRequests: { name: "Worker requests", usd: 0.3, source: WORKERS },
  objectRequests: { name: "DO requests", usd: 0.15, source: OBJECTS },
  objectRowsWritten: { name: "DO rows written", usd: 1, source: OBJECTS },
  queueOperations: { name: "Queue operations", usd: 0.4, source: QUEUES },
  rowsWritten: { name: "D1 rows written", usd: 1, source: D1 },
  rowsRead: { name: "D1 rows read", usd: 0.001, source: D1 },
  classA: { name: "R2 class A", usd: 4.5, source: R2 },
  classB: { name: "R2 class B", usd: 0.36, source: R2 },
} as const;

type Billed = keyof typeof PRICES;
const BILLED = Object.keys(PRICES) as Billed[];

/** How often each of the billed things was used. */
export type Usage = Record<Billed, number>;

/** What one job of a kind has used. */
export interface Measured {
  readonly kind: string;
  readonly usage: Usage;
}

/** What came of entering only slow jobs among what waits for time, beside what is built. */
export interface RowLess {
  /** D1 rows that a plain job writes. */
  readonly rows: { readonly asBuilt: number; readonly tried: number };
  /** How many jobs had not finished, of how many. */
  readonly open: number;
  readonly recent: number;
  /** D1 rows read to find them. */
  readonly read: { readonly asBuilt: number; readonly tried: number };
}

/** What a million jobs cost, of which each uses this, in US dollars. */
export function usPerMillion(usage: Usage): number {
  return BILLED.reduce((sum, billed) => sum + usage[billed] * PRICES[billed].usd, 0);
}

/** A table of what was measured and what it costs, with its header. */
export function costRows(measured: readonly Measured[]): string[][] {
  const header = ["one job", ...BILLED.map((billed) => PRICES[billed].name), "US$ per million"];
  const rows = measured.map(({ kind, usage }) => [
    kind,
    ...BILLED.map((billed) => short(usage[billed])),
    usPerMillion(usage).toFixed(2),
  ]);
  return [header, ...rows];
}

function short(count: number): string {
  return String(Number(count.toFixed(count >= 10 ? 0 : 3)));
}
