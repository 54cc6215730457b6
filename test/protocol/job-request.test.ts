import { v4 as uuidv4, v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { fieldErrors } from "../../src/protocol/field-errors.ts";
import {
  batchRequestSchema,
  idempotencyKeySchema,
  jobRequestSchema,
  MOST_JOBS_PER_BATCH,
} from "../../src/protocol/job-request.ts";

const HOUR = 3_600_000;
const idAt = (offsetMs: number) => uuidv7({ msecs: Date.now() + offsetMs });

const job = (overrides: Record<string, unknown> = {}) => ({ type: "greet", payload: null, ...overrides });
const pointers = (value: unknown) => {
  const { error } = jobRequestSchema.safeParse(value);
  return error ? fieldErrors(error).map((one) => one.pointer) : [];
};

describe("jobRequestSchema", () => {
  it("needs no more than a type", () => {
    expect(jobRequestSchema.parse({ type: "greet" })).toMatchObject({ type: "greet", queue: "default", priority: 5 });
  });

  it("leaves the payload as it is", () => {
    const payload = { nested: [{ __proto__: null, constructor: 1 }], number: 1e21, empty: "" };
    expect(jobRequestSchema.parse(job({ payload })).payload).toBe(payload);
  });

  it.each<[string, Record<string, unknown>]>([
    ["an id of now", { id: idAt(0) }],
    ["an id of nearly a day ago", { id: idAt(-23.9 * HOUR) }],
    ["an id of nearly a day ahead", { id: idAt(23.9 * HOUR) }],
    ["a key of one character", { idempotencyKey: "k" }],
    ["a key of 255 characters", { idempotencyKey: "k".repeat(255) }],
    ["a key of all that is printable", { idempotencyKey: "!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\"" }],
    ["a queue with a path", { queue: "mail/eu-1.high_2" }],
    ["a queue of 128 characters", { queue: "q".repeat(128) }],
    ["the lowest priority", { priority: 0 }],
    ["the highest priority", { priority: 9 }],
    ["one attempt", { maxAttempts: 1 }],
    ["a delay", { delay: "90s" }],
    ["no delay", { delay: 0 }],
    ["a time with an offset", { runAt: "2027-01-31T09:00:00+05:30" }],
    ["a time that has passed", { runAt: "2007-01-31T09:00:00Z" }],
    ["a job that expires after it is due", { delay: "1h", expireIn: "2h" }],
    ["25 attempts", { maxAttempts: 25 }],
    ["a retry policy", { retry: { maxAttempts: 3, backoff: "linear", base: "2s", cap: 60 } }],
    ["a list of delays", { retry: { backoff: [1, "10s", "5m"] } }],
  ])("takes %s", (_, overrides) => {
    expect(pointers(job(overrides))).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no type", { type: undefined }, "#/type"],
    ["an empty type", { type: "" }, "#/type"],
    ["a type that is no text", { type: 7 }, "#/type"],
    ["a type of 101 characters", { type: "t".repeat(101) }, "#/type"],
    ["an id that is another UUID", { id: uuidv4() }, "#/id"],
    ["an id in upper case", { id: idAt(0).toUpperCase() }, "#/id"],
    ["an id of more than a day ago", { id: idAt(-24.1 * HOUR) }, "#/id"],
    ["an id of more than a day ahead", { id: idAt(24.1 * HOUR) }, "#/id"],
    ["an id that is null", { id: null }, "#/id"],
    ["an empty key", { idempotencyKey: "" }, "#/idempotencyKey"],
    ["a key of 256 characters", { idempotencyKey: "k".repeat(256) }, "#/idempotencyKey"],
    ["a key with a space", { idempotencyKey: "a b" }, "#/idempotencyKey"],
    ["a key with a line break", { idempotencyKey: "a\n" }, "#/idempotencyKey"],
    ["a key beyond ASCII", { idempotencyKey: "schlüssel" }, "#/idempotencyKey"],
    ["an empty queue", { queue: "" }, "#/queue"],
    ["a queue that begins with a slash", { queue: "/mail" }, "#/queue"],
    ["a queue with a space", { queue: "my mail" }, "#/queue"],
    ["a queue of 129 characters", { queue: "q".repeat(129) }, "#/queue"],
    ["a priority below 0", { priority: -1 }, "#/priority"],
    ["a priority above 9", { priority: 10 }, "#/priority"],
    ["half a priority", { priority: 4.5 }, "#/priority"],
    ["a priority as text", { priority: "5" }, "#/priority"],
    ["no attempt", { maxAttempts: 0 }, "#/maxAttempts"],
    ["26 attempts", { maxAttempts: 26 }, "#/maxAttempts"],
    ["a field that there is not", { deley: 5 }, "#/deley"],
    ["a backoff that there is not", { retry: { backoff: "random" } }, "#/retry/backoff"],
    ["an option of another backoff", { retry: { backoff: "fixed", factor: 2 } }, "#/retry/factor"],
    ["too many attempts of a policy", { retry: { maxAttempts: 26 } }, "#/retry/maxAttempts"],
    ["attempts in two places", { maxAttempts: 2, retry: { maxAttempts: 3 } }, "#/retry/maxAttempts"],
    ["a delay that is none", { delay: "soon" }, "#/delay"],
    ["a delay into the past", { delay: -1 }, "#/delay"],
    ["a delay of centuries", { delay: "40000d" }, "#/delay"],
    ["a time without its offset", { runAt: "2027-01-31T09:00:00" }, "#/runAt"],
    ["a time that is none", { runAt: "2027-02-31T09:00:00Z" }, "#/runAt"],
    ["a time in centuries", { runAt: "2927-01-31T09:00:00Z" }, "#/runAt"],
    ["a delay and a time", { delay: 1, runAt: "2027-01-31T09:00:00Z" }, "#/runAt"],
    ["a job that expires before it is due", { delay: "2h", expireIn: "1h" }, "#/expireIn"],
    ["a job that expires at once", { expireIn: 0 }, "#/expireIn"],
    ["a field in another case", { Queue: "a" }, "#/Queue"],
  ])("refuses %s", (_, overrides, where) => {
    expect(pointers(job(overrides))).toEqual([where]);
  });

  it.each([
    ["null", null],
    ["a list", []],
    ["text", "greet"],
    ["nothing", undefined],
  ])("refuses %s", (_, value) => {
    expect(pointers(value)).toEqual(["#"]);
  });

  it("says one thing of an id that is none", () => {
    const { error } = jobRequestSchema.safeParse(job({ id: "not-a-uuid" }));
    expect(error?.issues.map((issue) => issue.message)).toEqual(["must be a UUIDv7 in lower case"]);
  });
});

describe("idempotencyKeySchema", () => {
  it("is the same for the header as for the field", () => {
    for (const key of ["k", "", "a b", "k".repeat(256)]) {
      expect(idempotencyKeySchema.safeParse(key).success).toBe(pointers(job({ idempotencyKey: key })).length === 0);
    }
  });
});

describe("batchRequestSchema", () => {
  const batch = (count: number) => ({ jobs: Array.from({ length: count }, () => job()) });

  it("takes one job to a thousand", () => {
    expect(batchRequestSchema.safeParse(batch(1)).success).toBe(true);
    expect(batchRequestSchema.safeParse(batch(MOST_JOBS_PER_BATCH)).success).toBe(true);
    expect(MOST_JOBS_PER_BATCH).toBe(1_000);
  });

  it.each<[string, unknown]>([
    ["no jobs", batch(0)],
    ["more than a thousand", batch(1_001)],
    ["a list without its object", batch(1).jobs],
    ["jobs that are no list", { jobs: job() }],
    ["a field that there is not", { ...batch(1), type: "greet" }],
  ])("refuses %s", (_, value) => {
    expect(batchRequestSchema.safeParse(value).success).toBe(false);
  });
});
