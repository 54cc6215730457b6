/** What is simulated; times in milliseconds. */
export interface Parameters {
  readonly seed: number;
  readonly load: {
    readonly tenants: number;
    /** Of all tenants together, which share them evenly; they come independently of each other (Poisson). */
    readonly requestsPerSecond: number;
    readonly jobsPerRequest: number;
    readonly payloadBytes: number;
    /** A job runs for so long on average (exponentially distributed). */
    readonly jobMs: number;
    /** For how long requests come, and how much of that passes before anything is measured. */
    readonly seconds: number;
    readonly warmupSeconds: number;
  };
  readonly design: Design;
  readonly gate: {
    readonly enqueueMs: number;
    readonly settleMs: number;
    readonly concurrency: number;
  };
  readonly d1: {
    /** Tenants are spread over so many databases. */
    readonly databases: number;
    /** How long a write keeps its database busy: for itself, and for each row that it writes. */
    readonly writeMs: number;
    readonly rowMs: number;
    /** To the database and back: the caller waits, the database does not. */
    readonly roundTripMs: number;
  };
  readonly queue: {
    readonly sendMs: number;
    readonly messagesPerSecond: number;
    readonly consumers: number;
    readonly messagesPerBatch: number;
    readonly jobsAtATime: number;
  };
}

/** Which of the ways to share work are used. */
export interface Design {
  readonly groupCommit: boolean;
  readonly packing: boolean;
  /** A consumer's batch is claimed in one statement, and what has ended meanwhile is finished in one. */
  readonly batchClaims: boolean;
}

/** What Sluice does. */
export const SLUICE: Design = { groupCommit: true, packing: true, batchClaims: true };

/** D1 rows written for a job (docs/cost.md): a new row and its index entry; a release takes it from one index to another. */
export const ROWS = { insert: 2, release: 2, claim: 1, finish: 1 } as const;

/** Messages that one `sendBatch` takes. */
export const MESSAGES_PER_SEND = 100;

/** The load that all others are multiples of, in requests per second. */
export const BASE_LOAD = 20;

/** The base load on Sluice. Where each figure comes from is in `sources.ts`. */
export const BASE: Parameters = {
  seed: 20_261_121,
  load: {
    tenants: 20,
    requestsPerSecond: BASE_LOAD,
    jobsPerRequest: 1,
    payloadBytes: 1_000,
    jobMs: 50,
    seconds: 70,
    warmupSeconds: 10,
  },
  design: SLUICE,
  gate: { enqueueMs: 1.5, settleMs: 1, concurrency: 100 },
  d1: { databases: 1, writeMs: 3, rowMs: 0.02, roundTripMs: 5 },
  queue: { sendMs: 60, messagesPerSecond: 5_000, consumers: 250, messagesPerBatch: 50, jobsAtATime: 6 },
};

/** The same with another load. */
export function atLoad(parameters: Parameters, requestsPerSecond: number): Parameters {
  return { ...parameters, load: { ...parameters.load, requestsPerSecond } };
}
