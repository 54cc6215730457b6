export const JOB_ID = "01a05a2e-5c00-7000-8000-000000000001";
const REPLAY_ID = "01a05a2e-5c00-7000-8000-000000000002";
export const GROUP_ID = "01a05a2e-5c00-7000-8000-000000000003";

/** A job that any deployment with the bundled handlers can run, without calling anybody. */
export const REPORT = {
  type: "report.csv",
  payload: {
    csv: "shop,amount\nharbour,12.50\nmarket,7.25\nharbour,3.00\n",
    groupBy: ["shop"],
    aggregates: [{ op: "sum", column: "amount" }],
  },
};

/** The job, as it is when it has just been enqueued. */
export const QUEUED_JOB = {
  id: JOB_ID,
  type: REPORT.type,
  queue: "default",
  priority: 5,
  state: "queued",
  attempt: 0,
  maxAttempts: 5,
  createdAt: "2027-01-31T09:00:00.000Z",
  startedAt: null,
  finishedAt: null,
  dueAt: null,
  expiresAt: null,
  cancelReason: null,
  replayOf: null,
  callback: null,
  parentId: null,
  groupId: null,
  next: [],
  onFailure: null,
  nextJobId: null,
  errors: [],
};

const ENDED = { attempt: 1, startedAt: "2027-01-31T09:00:00.020Z", finishedAt: "2027-01-31T09:00:00.031Z" };

/** The job, read when it has succeeded. */
export const FINISHED_JOB = {
  ...QUEUED_JOB,
  ...ENDED,
  state: "succeeded",
  payload: REPORT.payload,
  result: {
    rows: 3,
    groupCount: 2,
    groups: [
      { shop: "harbour", sum_amount: 15.5 },
      { shop: "market", sum_amount: 7.25 },
    ],
    skipped: {},
  },
};

/** The job, as an end user reads it. */
export const READ_JOB = {
  id: JOB_ID,
  type: REPORT.type,
  state: "succeeded",
  attempt: 1,
  maxAttempts: 5,
  createdAt: QUEUED_JOB.createdAt,
  startedAt: ENDED.startedAt,
  finishedAt: ENDED.finishedAt,
  dueAt: null,
  result: FINISHED_JOB.result,
};

/** What reads the job. */
export const READ_TOKEN = { token: "slr_acme.…", expiresAt: "2027-01-31T09:15:00.000Z" };

export const CANCELLED_JOB = { ...FINISHED_JOB, state: "cancelled", cancelReason: "requested", result: null };

/** A job that repeats the first one. */
export const REPLAYED_JOB = { ...QUEUED_JOB, id: REPLAY_ID, replayOf: JOB_ID };

export const ENDPOINT_ID = "ep_AAAAAAAAAAAAAAAAAAAAAAAA";
