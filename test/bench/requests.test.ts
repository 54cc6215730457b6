import { describe, expect, it } from "vitest";
import { enqueueRequest, STAMP } from "../../bench/contender.ts";
import { FinishLog } from "../../bench/finish-log.ts";
import { httpFront, type NewJob } from "../../bench/http-front.ts";
import { batchRequestSchema, jobRequestSchema } from "../../src/protocol/job-request.ts";

const stamped = (body = "") => JSON.parse(body.replaceAll(STAMP, "1763712345678.123")) as unknown;

describe("a request of the load", () => {
  it.each([100, 10_000])("has a payload of %i bytes once it is stamped", (bytes) => {
    const { payload } = jobRequestSchema.parse(stamped(enqueueRequest(1, { bytes }).body));
    expect(payload).toMatchObject({ sentAt: 1763712345678.123 });
    expect(JSON.stringify(payload)).toHaveLength(bytes);
  });

  it("has as many jobs as it is asked for", () => {
    const { path, body } = enqueueRequest(100);
    expect(path).toBe("/v1/jobs/batch");
    expect(batchRequestSchema.parse(stamped(body)).jobs).toHaveLength(100);
  });
});

describe("the front of the contenders", () => {
  const added: NewJob[] = [];
  const front = httpFront(() => ({
    add: async (jobs) => {
      added.push(...jobs);
      return "added";
    },
  }));
  const send = (jobs: number, change: (body: string) => string = (body) => body) => {
    const { method, path, headers, body = "" } = enqueueRequest(jobs);
    return front.request(path, { method, headers, body: change(body) });
  };

  it("hands over the jobs of a request, and answers as Sluice does", async () => {
    const answer = await send(2);
    expect(answer.status).toBe(202);
    const { data } = (await answer.json()) as { data: { id: string; state: string }[] };
    expect(data.map(({ id }) => id)).toEqual(added.map(({ id }) => id));
    expect(data[0]).toMatchObject({ type: "noop", queue: "default", priority: 5, state: "queued", attempt: 0 });
  });

  it("refuses what Sluice would refuse", async () => {
    const before = added.length;
    expect((await send(1, (body) => body.replace("noop", ""))).status).toBe(422);
    expect((await send(3, (body) => body.replace('"type":"noop"', '"kind":"noop"'))).status).toBe(422);
    const { path, body = "" } = enqueueRequest(1);
    expect((await front.request(path, { method: "POST", body })).status).toBe(401);
    expect(added).toHaveLength(before);
  });
});

describe("a log of what has finished", () => {
  it("counts every job, and times those that are stamped", () => {
    const log = new FinishLog();
    log.record({ sentAt: 1_000 }, 1_030);
    log.record({ sentAt: null }, 1_020);
    log.record(null, 1_010);
    expect(log.report()).toEqual({ finished: 3, lastAt: 1_030, latencies: [] });
    expect(log.report(true).latencies).toEqual([30]);
    expect(log.report(true)).toEqual({ finished: 3, lastAt: 1_030, latencies: [] });
  });
});
