import { v7 as uuidv7 } from "uuid";
import { beforeAll, describe, expect, it } from "vitest";
import type { ProblemCode } from "../../src/protocol/problem-codes.ts";
import { apiOf, request } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

const greet = { type: "greet", payload: { name: "Ada" } };
const DAY = 86_400_000;
const MB = 1_000_000;

// One tenant for all: what is refused changes nothing.
let tenant: { id: string; key: string };
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  tenant = await createTenant();
  api = apiOf(tenant);
});

/** A body that does not say how long it is. */
function streamOf(bytes: number): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(65_536).fill(0x20);
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(chunk.subarray(0, Math.min(left, chunk.byteLength)));
      left -= chunk.byteLength;
    },
  });
}

const send = (path: string, body: BodyInit | null, headers: Record<string, string> = {}) =>
  request(path, {
    method: "POST",
    headers: { Authorization: `Bearer ${tenant.key}`, "content-type": "application/json", ...headers },
    body,
  });

describe("a body", () => {
  it.each([
    ["is empty", ""],
    ["is cut", '{"type":"greet"'],
    ["has a comma too many", '{"type":"greet",}'],
    ["is no JSON", "type=greet"],
  ])("that %s is malformed JSON", async (_, body) => {
    expectProblem(await send("/v1/jobs", body), "malformed_json");
    expectProblem(await send("/v1/jobs/batch", body), "malformed_json");
  });

  it("that is not UTF-8 is malformed, not stored with replaced characters", async () => {
    const body = new Uint8Array([...new TextEncoder().encode('{"type":"noop","payload":"'), 0xff, 0x22, 0x7d]);
    expectProblem(await send("/v1/jobs", body), "malformed_json");
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])(
    "of the type %j is not taken",
    async (type) => {
      expectProblem(await send("/v1/jobs", JSON.stringify(greet), { "content-type": type }), "unsupported_media_type");
    },
  );

  it("without a type is not taken", async () => {
    const headers = { Authorization: `Bearer ${tenant.key}` };
    const body = new TextEncoder().encode(JSON.stringify(greet));
    expectProblem(await request("/v1/jobs", { method: "POST", headers, body }), "unsupported_media_type");
  });

  it.each([
    ["null", null],
    ["a list", [greet]],
    ["text", "greet"],
    ["a number", 1],
  ])("that is %s is no job", async (_, body) => {
    expect(expectProblem(await api.post("/v1/jobs", JSON.stringify(body)), "invalid_request").errors).toMatchObject([
      { pointer: "#" },
    ]);
    expectProblem(await api.post("/v1/jobs/batch", JSON.stringify(body)), "invalid_request");
  });

  it("with an unknown field of any name is refused, not an error of ours", async () => {
    const odd = '{"type":"noop","\\ud83c":1,"a/b~c#d e":2}';
    const { errors } = expectProblem(await api.post("/v1/jobs", odd), "invalid_request");
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(["#/%EF%BF%BD", "#/a~1b~0c%23d%20e"]);
  });
});

describe("a job", () => {
  it("of an unknown type is refused by name", async () => {
    const { errors, detail } = expectProblem(await api.post("/v1/jobs", { type: "nowhere" }), "unknown_type");
    expect(errors).toEqual([{ pointer: "#/type", detail: 'no handler for "nowhere"', code: "unknown_type" }]);
    expect(detail).toBe('#/type: no handler for "nowhere"');
  });

  it("with an invalid payload is told everything that is wrong with it, and where", async () => {
    const { errors } = expectProblem(
      await api.post("/v1/jobs", { type: "greet", payload: { name: "", times: 4 } }),
      "invalid_request",
    );
    expect(errors).toMatchObject([
      { pointer: "#/payload/name", code: "too_small", detail: expect.any(String) },
      { pointer: "#/payload/times", code: "too_big" },
    ]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown field", { deley: 5 }, "#/deley"],
    ["an id that is no UUIDv7", { id: "job-1" }, "#/id"],
    ["an id of last week", { id: uuidv7({ msecs: Date.now() - 7 * DAY }) }, "#/id"],
    ["an id of next week", { id: uuidv7({ msecs: Date.now() + 7 * DAY }) }, "#/id"],
    ["a key with a space", { idempotencyKey: "a b" }, "#/idempotencyKey"],
    ["a queue with a space", { queue: "a b" }, "#/queue"],
    ["a priority above 9", { priority: 10 }, "#/priority"],
    ["a priority as text", { priority: "5" }, "#/priority"],
    ["26 attempts", { maxAttempts: 26 }, "#/maxAttempts"],
  ])("with %s is refused", async (_, field, pointer) => {
    const { errors } = expectProblem(await api.post("/v1/jobs", { ...greet, ...field }), "invalid_request");
    expect(errors).toMatchObject([{ pointer, detail: expect.any(String), code: expect.any(String) }]);
  });

  it.each([
    ["that is empty", ""],
    ["with a space", "a b"],
    ["of 256 characters", "k".repeat(256)],
  ])("with an Idempotency-Key %s is refused", async (_, key) => {
    expectProblem(await api.post("/v1/jobs", greet, { "Idempotency-Key": key }), "invalid_parameter");
  });
});

describe("what is too large", () => {
  it("is refused unread when it says so", async () => {
    for (const path of ["/v1/jobs", "/v1/jobs/batch"]) {
      const refused = await send(path, JSON.stringify(greet), { "content-length": String(20 * MB) });
      expectProblem(refused, "payload_too_large");
    }
  });

  it("is refused when it does not say so", async () => {
    expectProblem(await send("/v1/jobs", streamOf(6 * MB)), "payload_too_large");
    expectProblem(await send("/v1/jobs/batch", streamOf(11 * MB)), "payload_too_large");
  });

  it("is counted in bytes of the payload, not in characters", async () => {
    const sized = (characters: string) => ({ type: "noop", payload: characters });
    // Two bytes each, and two quotes around them.
    const most = await api.post("/v1/jobs", sized("ö".repeat(2_499_999)));
    expect(most.status).toBe(202);
    const refused = await api.post("/v1/jobs", sized("ö".repeat(2_500_000)));
    expect(expectProblem(refused, "payload_too_large").detail).toContain("5000002 bytes");
  });

  it("is pointed at in a batch", async () => {
    const before = await countJobs(tenant.id);
    const jobs = [greet, { type: "noop", payload: "x".repeat(5 * MB) }];
    const { detail } = expectProblem(await api.post("/v1/jobs/batch", { jobs }), "payload_too_large");
    expect(detail).toContain("#/jobs/1/payload");
    expect(await countJobs(tenant.id)).toBe(before);
  });
});

describe("a parameter", () => {
  it.each([
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=2.5", "limit"],
    ["limit=ten", "limit"],
    ["limit=", "limit"],
    ["limit=-1", "limit"],
    ["state=done", "state"],
    ["state=", "state"],
    ["state=queued,", "state"],
    ["include=errors", "include"],
    ["offset=10", "offset"],
    ["State=queued", "State"],
    [`queue=${"q".repeat(129)}`, "queue"],
  ])("?%s is refused by its name", async (query, name) => {
    const { detail } = expectProblem(await api.get(`/v1/jobs?${query}`), "invalid_parameter");
    expect(detail).toMatch(new RegExp(`^${name}[:/]`));
  });

  it.each([
    ["POST", "/v1/jobs?waits=5", "waits"],
    ["POST", "/v1/jobs/batch?wait=5", "wait"],
    ["GET", `/v1/jobs/${uuidv7()}?limit=5`, "limit"],
    ["POST", `/v1/jobs/${uuidv7()}/cancel?wait=5`, "wait"],
  ])("that %s %s does not have is refused, not passed over", async (method, path, name) => {
    const answer = await (method === "GET" ? api.get(path) : api.post(path, greet));
    expect(expectProblem(answer, "invalid_parameter").detail).toBe(`${name}: unknown parameter`);
  });

  it.each(["-1", "soon", "", "1e3", "5s", "0x10", "9999999999"])("?wait=%s is refused", async (wait) => {
    expect(expectProblem(await api.get(`/v1/jobs/${uuidv7()}?wait=${wait}`), "invalid_parameter").detail).toMatch(
      /^wait/,
    );
    expectProblem(await api.post(`/v1/jobs?wait=${wait}`, greet), "invalid_parameter");
  });

  it.each(["garbage", "e30", "%00", "a".repeat(5_000)])("?cursor=%s is refused", async (cursor) => {
    const code: ProblemCode = cursor.length > 4_000 ? "invalid_parameter" : "invalid_cursor";
    expectProblem(await api.get(`/v1/jobs?cursor=${cursor}`), code);
  });

  it("?cursor= of a list with other filters is refused", async () => {
    await api.post("/v1/jobs/batch", { jobs: [greet, greet, greet] });
    const { body } = await api.get("/v1/jobs?limit=1&type=greet");
    expectProblem(await api.get(`/v1/jobs?limit=1&cursor=${body.nextCursor}`), "invalid_cursor");
    expectProblem(await api.get(`/v1/jobs?type=echo&cursor=${body.nextCursor}`), "invalid_cursor");
    expect((await api.get(`/v1/jobs?type=greet&limit=2&cursor=${body.nextCursor}`)).status).toBe(200);
  });
});

describe("an id", () => {
  it.each(["job-1", uuidv7(), uuidv7().toUpperCase(), "%00", "..%2f..", "a".repeat(1_000)])(
    "%s that there is not is a 404",
    async (id) => {
      expectProblem(await api.get(`/v1/jobs/${id}`), "job_not_found");
      expectProblem(await api.get(`/v1/jobs/${id}?wait=5`), "job_not_found");
      expectProblem(await api.post(`/v1/jobs/${id}/cancel`), "job_not_found");
    },
  );
});

describe("a key", () => {
  it.each([
    ["is missing", undefined],
    ["has another scheme", "Basic slk_test_0123456789abcdef"],
    ["is not known", "Bearer slk_test_0123456789abcdef0123456789"],
    ["is not one of ours", "Bearer sk_live_0123456789abcdef"],
    ["is too short", "Bearer slk_1"],
    ["is too long", `Bearer slk_${"a".repeat(500)}`],
    ["is empty", "Bearer "],
  ])("that %s is a 401 that says how to authenticate", async (_, authorization) => {
    const headers = authorization === undefined ? undefined : { Authorization: authorization };
    for (const path of ["/v1/jobs", `/v1/jobs/${uuidv7()}`, "/v1/nowhere"]) {
      const refused = await request(path, headers && { headers });
      expectProblem(refused, "unauthorized");
      expect(refused.headers.get("WWW-Authenticate")).toMatch(/^Bearer realm="sluice"/);
    }
  });

  it("is asked for before anything is said of the request", async () => {
    expectProblem(await request("/v1/jobs", { method: "POST", body: "{" }), "unauthorized");
    expectProblem(await request("/v1/jobs", { method: "DELETE" }), "unauthorized");
  });

  it("is taken whatever the case of its scheme", async () => {
    const answer = await request("/v1/jobs", { headers: { Authorization: `bearer ${tenant.key}` } });
    expect(answer.status).toBe(200);
  });
});

describe("a route", () => {
  it.each(["/", "/v1", "/v1/nowhere", "/v1/jobs/a/b/c", "/v2/jobs", "/v1/jobs/"])(
    "%s that there is not is a 404",
    async (path) => {
      expectProblem(await api.get(path), "not_found");
    },
  );

  it.each([
    ["PUT", "/v1/jobs", "GET, POST"],
    ["DELETE", "/v1/jobs", "GET, POST"],
    ["PATCH", "/v1/jobs/:id", "GET"],
    ["DELETE", "/v1/jobs/:id", "GET"],
    ["POST", "/v1/jobs/:id", "GET"],
    ["GET", "/v1/jobs/batch", "POST"],
    ["GET", "/v1/jobs/:id/cancel", "POST"],
    ["DELETE", "/healthz", "GET"],
    ["POST", "/problems/not_found", "GET"],
  ])("does not take %s %s, and says what it takes", async (method, path, allow) => {
    const headers = { Authorization: `Bearer ${tenant.key}` };
    const refused = await request(path.replace(":id", uuidv7()), { method, headers });
    expectProblem(refused, "method_not_allowed");
    expect(refused.headers.get("Allow")).toBe(allow);
  });

  it("is there without a key where it must be", async () => {
    expect((await request("/healthz")).body).toEqual({ status: "ok" });
  });
});

describe("a problem's type", () => {
  it("is the address of a page that says what to do", async () => {
    const { type, title } = expectProblem(await api.get("/v1/jobs?limit=0"), "invalid_parameter");
    const page = await request(new URL(type).pathname);
    expect(page.status).toBe(200);
    expect(page.body).toContain(title);
  });

  it("that there is not is a 404", async () => {
    expectProblem(await request("/problems/constructor"), "not_found");
    expectProblem(await request("/problems/nowhere"), "not_found");
  });
});
