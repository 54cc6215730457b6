import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { toBlobId } from "../../src/domain/blob.ts";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { apiOf, request, upload } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { countJobs, storedObjects } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Which blobs D1 says that the tenant's jobs name. */
async function namedBlobs(tenantId: string): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT blob_id AS id FROM job_blobs WHERE tenant_id = ?1 ORDER BY blob_id")
    .bind(tenantId)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

async function uploaded(tenant: { key: string }, text = "some text"): Promise<string> {
  const { body, status } = await upload(tenant, text);
  expect(status).toBe(201);
  return body.id;
}

describe("an upload", () => {
  it("is kept, and given back byte for byte with its type", async () => {
    const tenant = await createTenant();
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const answer = await upload(tenant, bytes, "image/png");
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^blob_/),
      contentType: "image/png",
      bytes: 60_000,
      createdAt: expect.any(String),
      usableUntil: expect.any(String),
    });
    expect(Date.parse(answer.body.usableUntil) - Date.parse(answer.body.createdAt)).toBe(86_400_000);
    const location = answer.headers.get("Location") ?? "";
    expect(location).toBe(`https://sluice.test/v1/blobs/${answer.body.id}`);
    const headers = { Authorization: `Bearer ${tenant.key}` };
    const response = await request(new URL(location).pathname, { headers });
    expect(response.headers.get("Content-Type")).toBe("image/png");
    expect(response.headers.get("Content-Length")).toBe("60000");
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
    const object = await env.BLOBS.get(`${tenant.id}/blobs/${answer.body.id}`);
    expect(new Uint8Array(await object!.arrayBuffer())).toEqual(bytes);
  });

  it("may be empty, and has a type even when none was said", async () => {
    const tenant = await createTenant();
    const headers = { Authorization: `Bearer ${tenant.key}`, "Content-Length": "0" };
    const { status, body } = await request("/v1/blobs", { method: "POST", headers });
    expect(status).toBe(201);
    expect(body).toMatchObject({ bytes: 0, contentType: "application/octet-stream" });
  });

  it("without a length is refused", async () => {
    const tenant = await createTenant();
    expectProblem(
      await upload(tenant, new Blob(["endless"]).stream().pipeThrough(new TransformStream())),
      "length_required",
    );
  });

  it("above the limit is refused without being read", async () => {
    const tenant = await createTenant();
    const headers = { Authorization: `Bearer ${tenant.key}`, "Content-Length": "100000001" };
    expectProblem(await request("/v1/blobs", { method: "POST", headers }), "payload_too_large");
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it.each(["text/html", "image/svg", "application/javascript", "nonsense", "text/plain, text/html"])(
    "of type %s is %s",
    async (contentType) => {
      const tenant = await createTenant();
      const answer = await upload(tenant, "x", contentType);
      if (contentType.startsWith("image/")) expect(answer.status).toBe(201);
      else expectProblem(answer, "unsupported_media_type");
    },
  );

  it("whose body is cut short leaves nothing behind", async () => {
    const tenant = await createTenant();
    const logged = vi.spyOn(console, "error").mockReturnValue();
    const { readable, writable } = new FixedLengthStream(10);
    const writer = writable.getWriter();
    void writer.write(new Uint8Array(4)).then(() => writer.abort(new Error("the caller has gone")));
    const answer = await upload(tenant, readable).catch((error: unknown) => error);
    if (!(answer instanceof Error)) expect((answer as { status: number }).status).toBeGreaterThanOrEqual(400);
    expect(await storedObjects(tenant.id)).toEqual([]);
    logged.mockRestore();
  });

  it("that R2 does not take is answered 503, to be sent again", async () => {
    const tenant = await createTenant();
    vi.spyOn(env.BLOBS, "put").mockRejectedValueOnce(new Error("R2 is away"));
    const logged = vi.spyOn(console, "error").mockReturnValue();
    expectProblem(await upload(tenant, "x"), "storage_unavailable");
    expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("R2 is away"));
  });
});

describe("a blob", () => {
  it("is given in part when a range is asked for", async () => {
    const tenant = await createTenant();
    const path = `/v1/blobs/${await uploaded(tenant, "0123456789")}`;
    const read = async (range: string) => {
      const { status, headers, body } = await apiOf(tenant).get(path, { Range: range });
      return [status, headers.get("Content-Range"), headers.get("Content-Length"), body];
    };
    expect(await read("bytes=2-4")).toEqual([206, "bytes 2-4/10", "3", "234"]);
    expect(await read("bytes=7-")).toEqual([206, "bytes 7-9/10", "3", "789"]);
    expect(await read("bytes=-2")).toEqual([206, "bytes 8-9/10", "2", "89"]);
    expect(await read("bytes=0-99")).toEqual([200, null, "10", "0123456789"]);
  });

  it("is refused for a condition that is none, not as if its storage were out of reach", async () => {
    const tenant = await createTenant();
    const path = `/v1/blobs/${await uploaded(tenant)}`;
    for (const tags of ["no quotes", '"a" "b"', '"a",', "W/a"]) {
      expectProblem(await apiOf(tenant).get(path, { "If-None-Match": tags }), "invalid_parameter");
      expectProblem(await apiOf(tenant).get(path, { "If-Match": tags }), "invalid_parameter");
    }
    for (const tags of ["*", '"a", W/"b"', 'W/""']) {
      expect((await apiOf(tenant).get(path, { "If-None-Match": tags })).status).toBeLessThan(400);
    }
  });

  it("is not sent again to who has it", async () => {
    const tenant = await createTenant();
    const path = `/v1/blobs/${await uploaded(tenant)}`;
    const tag = (await apiOf(tenant).get(path)).headers.get("ETag") ?? "";
    const answer = await apiOf(tenant).get(path, { "If-None-Match": tag });
    expect([answer.status, answer.body]).toEqual([304, ""]);
    expect((await apiOf(tenant).get(path, { "If-Match": '"another"' })).status).toBe(412);
  });

  it("is not found by another tenant, nor under an id that is none", async () => {
    const [owner, other] = [await createTenant(), await createTenant()];
    const id = await uploaded(owner);
    expectProblem(await apiOf(other).get(`/v1/blobs/${id}`), "blob_not_found");
    expectProblem(await apiOf(owner).get(`/v1/blobs/${toBlobId(newJobId())}`), "blob_not_found");
    expectProblem(await apiOf(owner).get("/v1/blobs/..%2Fdemo"), "blob_not_found");
    expectProblem(await request(`/v1/blobs/${id}`), "unauthorized");
    expectProblem(
      await request("/v1/blobs", { method: "PUT", headers: { Authorization: `Bearer ${owner.key}` } }),
      "method_not_allowed",
    );
  });
});

describe("a job that names a blob", () => {
  it("reads it, and its result can hold another one", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const text = { blob: await uploaded(tenant, "hello") };
    const { body } = await api.post("/v1/jobs?wait=10", { type: "shout", payload: { text } });
    expect(body).toMatchObject({ state: "succeeded", result: { loud: { blob: expect.stringMatching(/^blob_/) } } });
    const { blob } = body.result.loud;
    expect((await api.get(`/v1/blobs/${blob}`)).body).toBe("HELLO");
    expect(new Set(await namedBlobs(tenant.id))).toEqual(new Set([text.blob, blob]));
    const again = await api.post("/v1/jobs?wait=10", { type: "shout", payload: { text: { blob } } });
    expect(again.body.state).toBe("succeeded");
  });

  it("names only what its last attempt has made", async () => {
    const tenant = await createTenant();
    const text = { blob: await uploaded(tenant) };
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "shout", payload: { text, retried: true } });
    expect(body).toMatchObject({ state: "succeeded", attempt: 2 });
    expect(await storedObjects(tenant.id)).toHaveLength(3);
    expect(new Set(await namedBlobs(tenant.id))).toEqual(new Set([text.blob, body.result.loud.blob]));
  });

  it("is refused when there is no such blob, when it is another tenant's, or too old, with a pointer to it", async () => {
    const [owner, other] = [await createTenant(), await createTenant()];
    const foreign = await uploaded(owner);
    const missing = toBlobId(newJobId());
    const old = toBlobId(firstJobIdAt(Date.now() - 86_400_001));
    const payload = [{ blob: foreign }, { deep: { blob: missing } }, { blob: old }];
    const problem = expectProblem(await apiOf(other).post("/v1/jobs", { type: "echo", payload }), "invalid_request");
    expect(problem.errors).toHaveLength(3);
    expect(problem.errors).toEqual(
      expect.arrayContaining([
        { pointer: "#/payload/0/blob", detail: `there is no blob ${foreign}`, code: "blob_not_found" },
        { pointer: "#/payload/1/deep/blob", detail: `there is no blob ${missing}`, code: "blob_not_found" },
        expect.objectContaining({ pointer: "#/payload/2/blob", code: "blob_expired" }),
      ]),
    );
    const jobs = [{ type: "echo" }, { type: "echo", payload: { blob: missing } }];
    const batch = expectProblem(await apiOf(other).post("/v1/jobs/batch", { jobs }), "invalid_request");
    expect(batch.errors).toMatchObject([{ pointer: "#/jobs/1/payload/blob" }]);
    expect(await countJobs(other.id)).toBe(0);
  });

  it("names at most 100, with the others of its request", async () => {
    const tenant = await createTenant();
    const payload = Array.from({ length: 101 }, () => ({ blob: toBlobId(newJobId()) }));
    const problem = expectProblem(await apiOf(tenant).post("/v1/jobs", { type: "echo", payload }), "invalid_request");
    expect(problem.errors).toMatchObject([{ code: "too_many_blobs" }]);
  });

  it("is not stored when R2 cannot say whether the blob is there", async () => {
    const tenant = await createTenant();
    const payload = { blob: await uploaded(tenant) };
    vi.spyOn(env.BLOBS, "head").mockRejectedValueOnce(new Error("R2 is away"));
    const logged = vi.spyOn(console, "error").mockReturnValue();
    expectProblem(await apiOf(tenant).post("/v1/jobs", { type: "echo", payload }), "storage_unavailable");
    expect(logged).toHaveBeenCalledOnce();
    expect(await countJobs(tenant.id)).toBe(0);
  });

  it("fails at once when the blob has gone", async () => {
    const tenant = await createTenant();
    const blob = await uploaded(tenant);
    vi.spyOn(env.BLOBS, "head").mockResolvedValueOnce({} as R2Object);
    await env.BLOBS.delete(`${tenant.id}/blobs/${blob}`);
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "shout", payload: { text: { blob } } });
    expect(body).toMatchObject({
      state: "failed",
      attempt: 1,
      errors: [{ name: "FatalError", message: `there is no blob ${blob}` }],
    });
  });

  it.each([
    { blobs: 101, bytes: 1, message: "more than 100 blobs" },
    { blobs: 1, bytes: 2_000_001, message: "a blob of 2000001 bytes: the limit is 2000000" },
  ])("keeps no more than it may: %j", async ({ message, ...payload }) => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "hoarder", payload });
    expect(body).toMatchObject({ state: "failed", errors: [{ message }] });
  });
});
