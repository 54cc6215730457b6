/** What Sluice does. */
export const SLUICE = { groupCommit: true, packing: true, batchClaims: true };
/** D1 rows written for a job (docs/cost.md): a new row and its index entry; a release takes it from one index to another. */
export const ROWS = { insert: 2, release: 2, claim: 1, finish: 1 };
/** Messages that one `sendBatch` takes. */
export const MESSAGES_PER_SEND = 100;
/** The load that all others are multiples of, in requests per second. */
export const BASE_LOAD = 20;
/** The base load on Sluice. Where each figure comes from is in `sources.ts`. */
export const BASE = {
    seed: 20261121,
    load: {
        tenants: 20,
        requestsPerSecond: BASE_LOAD,
        jobsPerRequest: 1,
        payloadBytes: 1000,
        jobMs: 50,
        seconds: 70,
        warmupSeconds: 10,
    },
    design: SLUICE,
    gate: { enqueueMs: 1.5, settleMs: 1, concurrency: 100 },
    d1: { databases: 1, writeMs: 3, rowMs: 0.02, roundTripMs: 5 },
    queue: { sendMs: 60, messagesPerSecond: 5000, consumers: 250, messagesPerBatch: 50, jobsAtATime: 6 },
};
/** The same with another load. */
export function atLoad(parameters, requestsPerSecond) {
    return { ...parameters, load: { ...parameters.load, requestsPerSecond } };
}
