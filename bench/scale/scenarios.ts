import { BASE, type Design, type Parameters, SLUICE } from "./parameters.ts";

export interface Scenario {
  readonly name: string;
  readonly parameters: Parameters;
}

const TEXTBOOK: Design = { groupCommit: false, packing: false, batchClaims: false };

/** With and without what Sluice does to share work. */
export const DESIGNS: readonly Scenario[] = [
  { name: "Sluice", parameters: BASE },
  { name: "without packing", parameters: withDesign({ ...SLUICE, packing: false }) },
  { name: "without both", parameters: withDesign({ ...SLUICE, packing: false, groupCommit: false }) },
  { name: "each job alone", parameters: withDesign(TEXTBOOK) },
];

const twentyConsumers = { ...BASE.queue, consumers: 20 };
const wideGates = { ...BASE.gate, concurrency: 500 };

/** What a deployment can do about it today. */
export const SETTINGS: readonly Scenario[] = [
  { name: "20 consumers at most", parameters: { ...BASE, queue: twentyConsumers } },
  { name: "500 jobs in flight a tenant", parameters: { ...BASE, gate: wideGates } },
  { name: "both", parameters: { ...BASE, queue: twentyConsumers, gate: wideGates } },
];

/** What is not built. */
export const NOT_BUILT: readonly Scenario[] = [
  { name: "2 databases", parameters: withD1({ databases: 2 }) },
  { name: "4 databases", parameters: withD1({ databases: 4 }) },
  { name: "a database per tenant", parameters: withD1({ databases: 20 }) },
];

/** How much hangs on the figure for D1. */
export const D1_TIMES: readonly Scenario[] = [1, 3, 10].flatMap((writeMs) => [
  { name: `a D1 write takes ${writeMs} ms: Sluice`, parameters: withD1({ writeMs }) },
  {
    name: `a D1 write takes ${writeMs} ms: each job alone`,
    parameters: { ...withD1({ writeMs }), design: TEXTBOOK },
  },
]);

const oneTenant = { ...BASE.load, tenants: 1 };
// So many databases that only the Queue is left to bend.
const databasesForAll = { ...withD1({ databases: 200 }), load: { ...BASE.load, tenants: 200 } };

/** Where the gate and the Queue bend. */
export const ONE_AT_A_TIME: readonly Scenario[] = [
  { name: "one tenant has all the load", parameters: { ...BASE, load: oneTenant } },
  { name: "the same, 500 jobs in flight", parameters: { ...BASE, load: oneTenant, gate: wideGates } },
  {
    name: "200 tenants, a database each, without packing",
    parameters: { ...databasesForAll, design: { ...SLUICE, packing: false } },
  },
  { name: "200 tenants, a database each: Sluice", parameters: databasesForAll },
];

/** Many jobs in a request. */
export const BATCHES: readonly Scenario[] = [
  { name: "10 jobs a request", parameters: { ...BASE, load: { ...BASE.load, jobsPerRequest: 10 } } },
  { name: "100 jobs a request", parameters: { ...BASE, load: { ...BASE.load, jobsPerRequest: 100 } } },
];

function withDesign(design: Design): Parameters {
  return { ...BASE, design };
}

function withD1(d1: Partial<Parameters["d1"]>): Parameters {
  return { ...BASE, d1: { ...BASE.d1, ...d1 } };
}
