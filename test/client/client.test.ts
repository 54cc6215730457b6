import { exports } from "cloudflare:workers";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  type Client,
  type ClientOptions,
  createClient,
  type Jobs,
  type JobView,
  SluiceError,
} from "../../src/client/client.ts";
import { type handlers, hold } from "../support/handlers.ts";
import { statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

type TestJobs = Jobs<typeof handlers>;
type Fetch = NonNullable<ClientOptions["fetch"]>;

/** The Worker itself, as over HTTP. */
const worker: Fetch = (request) => exports.default.fetch(request);

async function clientOf(
  limits = {},
  options: Partial<ClientOptions> = {},
): Promise<{ tenantId: string; jobs: Client<TestJobs>["jobs"] }> {
  const { id, key } = await createTenant(limits);
  const retry = { baseMs: 1, capMs: 5, ...options.retry };
  const client = createClient<TestJobs>({ url: "https://sluice.test/", key, fetch: worker, ...options, retry });
  return { tenantId: id, jobs: client.jobs };
}

/** A network in which the first calls go wrong, each in its own way; all others reach the Worker. */
function faultyNetwork(...faults: ((request: Request) => Promise<Response>)[]): { fetch: Fetch; calls: () => number } {
  let calls = 0;
  return { fetch: (request) => (faults[calls++] ?? worker)(request), calls: () => calls };
}

const unavailable = async () => new Response("no", { status: 503, headers: { "Retry-After": "0" } });
const droppedAfterCommit = async (request: Request) => {
  await (await worker(request)).text();
  throw new TypeError("the connection was lost");
};
const brokenOff = async (request: Request) => {
  const answer = await worker(request);
  await answer.text();
  const body = new ReadableStream({
    start: (controller) => controller.error(new TypeError("the connection was lost")),
  });
  return new Response(body, { status: answer.status, headers: { "Content-Type": "application/json" } });
};
const silent = (request: Request) =>
  new Promise<Response>((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));

async function failure(call: Promise<unknown>): Promise<SluiceError> {
  const error = await call.then(
    () => expect.unreachable("the call went through"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SluiceError);
  return error as SluiceError;
}

describe("a client", () => {
  it("enqueues a job, waits for it, and reads it", async () => {
    const { jobs } = await clientOf();
    const job = await jobs.enqueue("greet", { name: "Ada" }, { priority: 9 });
    expect(job).toMatchObject({ type: "greet", priority: 9, state: "queued" });
    expect(await jobs.wait(job.id)).toMatchObject({ state: "succeeded", result: "hello Ada" });
    expect(await jobs.get(job.id)).toMatchObject({ id: job.id, payload: { name: "Ada" } });
  });

  it("enqueues many at once, in their order, and lists them over several pages", async () => {
    const { jobs } = await clientOf();
    const sent = await jobs.enqueueMany(
      Array.from({ length: 120 }, (_, n) => ({ type: "noop", payload: n, queue: "many" }) as const),
    );
    await jobs.enqueue("noop", null);
    const listed = await Array.fromAsync(jobs.list({ queue: "many", state: ["queued", "running", "succeeded"] }));
    expect(listed.map((job) => job.id)).toEqual(sent.map((job) => job.id).toReversed());
    expect(listed[0]).toMatchObject({ payload: 119 });
    expect(await jobs.enqueueMany([])).toEqual([]);
  });

  it("cancels a job that waits", async () => {
    const { tenantId, jobs } = await clientOf({ concurrency: 1 });
    const done = hold(tenantId);
    await jobs.enqueue("held", { name: tenantId });
    const waiting = await jobs.enqueue("noop", null);
    expect(await jobs.cancel(waiting.id)).toMatchObject({ state: "cancelled" });
    expect(await failure(jobs.cancel(waiting.id))).toMatchObject({ status: 409, code: "job_finished" });
    done.resolve();
  });

  it("waits no longer than it is told, and stops when it is told", async () => {
    const { tenantId, jobs } = await clientOf();
    const done = hold(tenantId);
    const held = await jobs.enqueue("held", { name: tenantId });
    expect((await jobs.wait(held.id, { timeout: 0.05 })).finishedAt).toBeNull();
    const abort = new AbortController();
    const waiting = jobs.wait(held.id, { signal: abort.signal });
    abort.abort(new Error("no longer interested"));
    await expect(waiting).rejects.toThrow("no longer interested");
    done.resolve();
  });

  it("tells what was wrong, with the request's id", async () => {
    const { jobs } = await clientOf();
    const error = await failure(jobs.enqueue("greet", { name: "" }));
    expect(error).toMatchObject({ status: 422, code: "invalid_request", requestId: expect.any(String) });
    expect(error.errors).toMatchObject([{ pointer: "#/payload/name" }]);
    expect(await failure(jobs.get("no-such-job"))).toMatchObject({ status: 404, code: "job_not_found" });
  });

  it("knows the types of its jobs", async () => {
    const { jobs } = await clientOf();
    // @ts-expect-error a name is a string
    await failure(jobs.enqueue("greet", { name: 1 }));
    // @ts-expect-error there is no such type
    await failure(jobs.enqueue("no.such.type", {}));
    // @ts-expect-error the payload must be of its own type
    await failure(jobs.enqueueMany([{ type: "greet", payload: { surname: "Ada" } }]));
    const greeted = await jobs.enqueue("greet", { name: "Ada" });
    expectTypeOf(greeted).toEqualTypeOf<JobView<{ name: string; times?: number | undefined }, string>>();
  });
});

describe("a client whose network fails", () => {
  it("gets through when the server answers 503 three times, and makes one job", async () => {
    const network = faultyNetwork(unavailable, unavailable, unavailable);
    const { tenantId, jobs } = await clientOf({}, { fetch: network.fetch });
    const job = await jobs.enqueue("noop", null);
    expect(network.calls()).toBe(4);
    expect(await jobs.wait(job.id)).toMatchObject({ state: "succeeded" });
    expect(await statesOf(tenantId)).toEqual({ succeeded: 1 });
  });

  it("makes one job when the connection drops after the commit", async () => {
    const network = faultyNetwork(droppedAfterCommit, droppedAfterCommit);
    const { tenantId, jobs } = await clientOf({}, { fetch: network.fetch });
    const job = await jobs.enqueue("noop", null);
    expect(await jobs.wait(job.id)).toMatchObject({ id: job.id, state: "succeeded" });
    expect(await statesOf(tenantId)).toEqual({ succeeded: 1 });
  });

  it("makes one job when the answer breaks off", async () => {
    const network = faultyNetwork(brokenOff);
    const { tenantId, jobs } = await clientOf({}, { fetch: network.fetch });
    const job = await jobs.enqueue("noop", null);
    expect(await jobs.wait(job.id)).toMatchObject({ id: job.id, state: "succeeded" });
    expect(await statesOf(tenantId)).toEqual({ succeeded: 1 });
  });

  it("makes each job of a batch once when the connection drops after the commit", async () => {
    const network = faultyNetwork(droppedAfterCommit);
    const { tenantId, jobs } = await clientOf({}, { fetch: network.fetch });
    const sent = await jobs.enqueueMany([1, 2, 3].map((payload) => ({ type: "noop", payload }) as const));
    await Promise.all(sent.map((job) => jobs.wait(job.id)));
    expect(await statesOf(tenantId)).toEqual({ succeeded: 3 });
  });

  it("tries again when no answer comes in time", async () => {
    const network = faultyNetwork(silent);
    const { tenantId, jobs } = await clientOf({}, { fetch: network.fetch, timeoutMs: 200 });
    const job = await jobs.enqueue("noop", null);
    await jobs.wait(job.id);
    expect(await statesOf(tenantId)).toEqual({ succeeded: 1 });
  });

  it("backs off for as long as a limit asks, and gets through", async () => {
    const { tenantId, jobs } = await clientOf({ rate: 20, burst: 1 });
    const sent = await Promise.all([1, 2, 3].map((payload) => jobs.enqueue("noop", payload)));
    await Promise.all(sent.map((job) => jobs.wait(job.id)));
    expect(await statesOf(tenantId)).toEqual({ succeeded: 3 });
  });

  it("gives up after its tries, with the last answer", async () => {
    const network = faultyNetwork(unavailable, unavailable, unavailable, unavailable);
    const { jobs } = await clientOf({}, { fetch: network.fetch, retry: { attempts: 3 } });
    expect(await failure(jobs.enqueue("noop", null))).toMatchObject({ status: 503, code: "unexpected_response" });
    expect(network.calls()).toBe(3);
  });

  it("does not try again what the deployment cannot do at all", async () => {
    const network = faultyNetwork(async () => new Response("no", { status: 501 }));
    const { jobs } = await clientOf({}, { fetch: network.fetch });
    expect(await failure(jobs.enqueue("noop", null))).toMatchObject({ status: 501 });
    expect(network.calls()).toBe(1);
  });

  it("gives up rather than wait longer than its time", async () => {
    const network = faultyNetwork(
      async () => new Response("later", { status: 503, headers: { "Retry-After": "3600" } }),
    );
    const { jobs } = await clientOf({}, { fetch: network.fetch });
    expect(await failure(jobs.enqueue("noop", null))).toMatchObject({ status: 503, retryAfterMs: 3_600_000 });
    expect(network.calls()).toBe(1);
  });

  it("does not try again what will never pass", async () => {
    const network = faultyNetwork();
    const { jobs } = await clientOf({}, { fetch: network.fetch });
    expect(await failure(jobs.enqueue("greet", { name: "" }))).toMatchObject({ status: 422 });
    expect(network.calls()).toBe(1);
  });

  it("says that there was no answer when there was none", async () => {
    const lost = async () => {
      throw new TypeError("connection refused");
    };
    const { jobs } = await clientOf({}, { fetch: lost, retry: { attempts: 2 } });
    expect(await failure(jobs.enqueue("noop", null))).toMatchObject({ status: 0, code: "network_error" });
  });

  it("waits again when a wait was cut off", async () => {
    const network = faultyNetwork(worker, unavailable, droppedAfterCommit);
    const { jobs } = await clientOf({}, { fetch: network.fetch });
    const job = await jobs.enqueue("noop", null);
    expect(await jobs.wait(job.id)).toMatchObject({ state: "succeeded" });
    expect(network.calls()).toBe(4);
  });
});
