import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { readSigningSecrets } from "../../src/storage/signing-secrets.ts";
import { apiOf, request } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { keyText, secretKeys } from "../support/secret-keys.ts";
import { createTenant } from "../support/tenants.ts";

const LIST = "/v1/signing-secrets";
const ROTATE = "/v1/signing-secrets/rotate";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const newApi = async () => apiOf(await createTenant());

/** How long the second secret of a list outlives the making of the first. */
const overlapOf = ([fresh, old]: { createdAt: string; expiresAt: string }[]) =>
  Date.parse(old!.expiresAt) - Date.parse(fresh!.createdAt);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the list of signing secrets", () => {
  it("has the first one from the start, and the same from then on", async () => {
    const api = await newApi();
    const { status, body } = await api.get(LIST);
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [
        {
          id: expect.any(String),
          secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
          publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/),
          createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          expiresAt: null,
        },
      ],
    });
    expect((await api.get(LIST)).body).toEqual(body);
  });

  it("is one and the same for all who ask for it first", async () => {
    const api = await newApi();
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.get(LIST)));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  it("shows no secret of another tenant", async () => {
    const [api, stranger] = [await newApi(), await newApi()];
    const { body: own } = await api.post(ROTATE, {});
    const { body: first } = await stranger.get(LIST);
    const { body: rotated } = await stranger.post(ROTATE, {});
    const foreign = [...first.data, ...rotated.data].map(({ secret }) => secret);
    for (const { secret } of own.data) expect(foreign).not.toContain(secret);
    expect((await api.get(LIST)).body).toEqual(own);
  });

  it("is kept by no cache", async () => {
    const api = await newApi();
    expect((await api.get(LIST)).headers.get("Cache-Control")).toBe("no-store");
    expect((await api.post(ROTATE, {})).headers.get("Cache-Control")).toBe("no-store");
  });
});

describe("a rotation", () => {
  it("answers with the new secret before the old one", async () => {
    const api = await newApi();
    const { body: before } = await api.get(LIST);
    const { status, body } = await api.post(ROTATE, { overlap: "2h" });
    expect(status).toBe(201);
    expect(body.data).toMatchObject([{ expiresAt: null }, { ...before.data[0], expiresAt: expect.any(String) }]);
    expect(overlapOf(body.data)).toBe(2 * HOUR);
    expect((await api.get(LIST)).body).toEqual(body);
  });

  it.each([
    ["no body", undefined, {}],
    ["no body, and no type", undefined, { "content-type": "" }],
    ["an empty body", "", { "content-length": "0" }],
    ["an empty object", {}, {}],
  ])("with %s lets the old secret sign for 24 hours more", async (_, body, headers) => {
    const api = await newApi();
    await api.get(LIST);
    expect(overlapOf((await api.post(ROTATE, body, headers)).body.data)).toBe(DAY);
  });

  it.each<[unknown, number]>([
    ["30d", 30 * DAY],
    [90, 90_000],
    ["1.5h", 1.5 * HOUR],
  ])("takes an overlap of %j", async (overlap, ms) => {
    const api = await newApi();
    await api.get(LIST);
    expect(overlapOf((await api.post(ROTATE, { overlap })).body.data)).toBe(ms);
  });

  it.each([0, "0s"])("stops the old secrets at once with an overlap of %j", async (overlap) => {
    const api = await newApi();
    const { body: before } = await api.get(LIST);
    const { body } = await api.post(ROTATE, { overlap });
    expect(body.data).toHaveLength(1);
    expect(body.data[0].secret).not.toBe(before.data[0].secret);
    expect((await api.get(LIST)).body).toEqual(body);
  });

  it("is made once, however often it is repeated with its id", async () => {
    const api = await newApi();
    const rotation = { id: newJobId(), overlap: "1h" };
    const { body } = await api.post(ROTATE, rotation);
    expect(body.data[0].id).toBe(rotation.id);
    expect(await api.post(ROTATE, rotation)).toMatchObject({ status: 201, body });
  });

  it("beyond five secrets is refused until they are told to end at once", async () => {
    const api = await newApi();
    for (let made = 1; made <= 5; made++) expect((await api.post(ROTATE, {})).body.data).toHaveLength(made);
    const { body: before } = await api.get(LIST);
    const problem = expectProblem(await api.post(ROTATE, {}), "too_many_signing_secrets");
    const ends: string[] = before.data.flatMap(({ expiresAt }: { expiresAt: string | null }) => expiresAt ?? []);
    expect(problem.detail).toBe(`5 secrets sign already; the next of them ends at ${ends.toSorted()[0]}`);
    expect(problem.limit).toEqual({ name: "signing_secrets", max: 5, current: 5 });
    expect((await api.get(LIST)).body).toEqual(before);
    expect((await api.post(ROTATE, { overlap: 0 })).body.data).toHaveLength(1);
  });

  it.each<[string, unknown, string, string]>([
    ["too long an overlap", { overlap: "31d" }, "#/overlap", "must be 0 to 30 days"],
    ["a negative overlap", { overlap: -1 }, "#/overlap", "must be 0 to 30 days"],
    ["an overlap that is no duration", { overlap: "soon" }, "#/overlap", 'must be seconds, or as in "500ms", "10s"'],
    ["an overlap of null", { overlap: null }, "#/overlap", 'must be seconds, or as in "500ms", "10s"'],
    ["an id that is no UUIDv7", { id: "mine" }, "#/id", "must be a UUIDv7 in lower case"],
    ["an unknown field", { secret: "whsec_bWluZQ==" }, "#/secret", "unknown field"],
  ])("with %s is refused, and changes nothing", async (_, body, pointer, detail) => {
    const api = await newApi();
    const { body: before } = await api.get(LIST);
    const { errors } = expectProblem(await api.post(ROTATE, body), "invalid_request");
    expect(errors).toMatchObject([{ pointer, detail }]);
    expect((await api.get(LIST)).body).toEqual(before);
  });

  it("takes JSON, and not much of it", async () => {
    const api = await newApi();
    expectProblem(await api.post(ROTATE, "{"), "malformed_json");
    expectProblem(await api.post(ROTATE, "[]"), "invalid_request");
    expectProblem(await api.post(ROTATE, "overlap=0", { "content-type": "text/plain" }), "unsupported_media_type");
    expectProblem(await api.post(ROTATE, JSON.stringify({ overlap: " ".repeat(1_024) })), "payload_too_large");
  });
});

describe("a secret that cannot be opened", () => {
  /** A tenant whose secret is sealed with a key that the deployment does not have. */
  async function locked() {
    const tenant = await createTenant();
    const stored = (await readSigningSecrets(env.DB, secretKeys(keyText("gone", 9)), tenant.id, Date.now()))[0]!;
    const rows = async () =>
      (await env.DB.prepare("SELECT * FROM signing_secrets WHERE tenant_id = ?1").bind(tenant.id).all()).results;
    return { api: apiOf(tenant), stored, rows };
  }

  it("is a problem that names the setting and the key, and no rotation changes anything", async () => {
    const { api, stored, rows } = await locked();
    const before = await rows();
    for (const refused of [await api.get(LIST), await api.post(ROTATE, {})]) {
      expect(expectProblem(refused, "not_configured").detail).toBe(
        `The secret ${stored.id} in signing_secrets is sealed with the key "gone", which SLUICE_SECRET_KEYS does not have: add it again`,
      );
    }
    expect(await rows()).toEqual(before);
  });

  it("can be replaced by one that ends it at once", async () => {
    const { api, rows } = await locked();
    const { status, body } = await api.post(ROTATE, { overlap: 0 });
    expect([status, body.data.length]).toEqual([201, 1]);
    expect(await rows()).toMatchObject([{ id: body.data[0].id, secret: expect.stringMatching(/^sealed\.v1\.test\./) }]);
    expect((await api.get(LIST)).body).toEqual(body);
  });
});

describe("the routes of signing secrets", () => {
  it("do not take a parameter", async () => {
    const api = await newApi();
    expectProblem(await api.get(`${LIST}?limit=1`), "invalid_parameter");
    expectProblem(await api.post(`${ROTATE}?overlap=0`, {}), "invalid_parameter");
  });

  it.each([
    ["POST", LIST, "GET"],
    ["DELETE", LIST, "GET"],
    ["GET", ROTATE, "POST"],
    ["PUT", ROTATE, "POST"],
  ])("do not take %s %s, and say what they take", async (method, path, allow) => {
    const { key } = await createTenant();
    const refused = await request(path, { method, headers: { Authorization: `Bearer ${key}` } });
    expectProblem(refused, "method_not_allowed");
    expect(refused.headers.get("Allow")).toBe(allow);
  });

  it.each([
    ["GET", LIST],
    ["POST", ROTATE],
  ])("tell nothing without a key: %s %s", async (method, path) => {
    expectProblem(await request(path, { method }), "unauthorized");
    const headers = { Authorization: "Bearer slk_test_0123456789abcdef0123456789" };
    expectProblem(await request(path, { method, headers }), "unauthorized");
  });

  it("say that D1 is away, and when to come back", async () => {
    const api = await newApi();
    await api.get(LIST);
    vi.spyOn(console, "error").mockReturnValue();
    const prepare = env.DB.prepare.bind(env.DB);
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
      if (sql.includes("signing_secrets")) throw new Error("D1_ERROR: Network connection lost.");
      return prepare(sql);
    });
    for (const refused of [await api.get(LIST), await api.post(ROTATE, {})]) {
      const problem = expectProblem(refused, "storage_unavailable");
      expect(JSON.stringify(problem)).not.toContain("Network connection lost");
      expect(refused.headers.get("Retry-After")).toMatch(/^[12]$/);
    }
  });
});
