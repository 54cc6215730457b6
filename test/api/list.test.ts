import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { createTenant } from "../support/tenants.ts";

type Api = ReturnType<typeof apiOf>;
type Job = Record<string, unknown> & { id: string };

/** Follows a list's cursors to its end; calls `between` before each next page. */
async function allPages(api: Api, query: string, between: () => Promise<unknown> = async () => undefined) {
  const pages: Job[][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { status, body } = await api.get(`/v1/jobs?${query}${cursor && `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    pages.push(body.data);
    cursor = body.nextCursor;
    if (cursor !== null) await between();
  }
  return pages;
}

const ids = (jobs: readonly Job[]) => jobs.map(({ id }) => id);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("GET /v1/jobs", () => {
  it("lists the newest first, without payloads and results", async () => {
    const api = apiOf(await createTenant());
    const posted: string[] = [];
    for (const name of ["Ada", "Grace", "Edsger"]) {
      const { body } = await api.post("/v1/jobs?wait=10", { type: "greet", payload: { name } });
      posted.push(body.id);
    }
    const { status, body } = await api.get("/v1/jobs");
    expect(status).toBe(200);
    expect(ids(body.data)).toEqual(posted.toReversed());
    expect(body.nextCursor).toBeNull();
    expect(body.data[0]).toMatchObject({ type: "greet", state: "succeeded", attempt: 1, errors: [] });
    expect(body.data[0]).not.toHaveProperty("payload");
    expect(body.data[0]).not.toHaveProperty("result");
  });

  it("is empty for a tenant without jobs", async () => {
    expect((await apiOf(await createTenant()).get("/v1/jobs")).body).toEqual({ data: [], nextCursor: null });
  });

  it("pages without gaps or repeats while new jobs arrive", async () => {
    const api = apiOf(await createTenant());
    const jobs = Array.from({ length: 10 }, () => ({ type: "noop" }));
    const { body } = await api.post("/v1/jobs/batch", { jobs });
    const pages = await allPages(api, "limit=3", () => api.post("/v1/jobs", { type: "noop" }));
    expect(pages.map((page) => page.length)).toEqual([3, 3, 3, 1]);
    expect(ids(pages.flat())).toEqual(ids(body.data).toSorted().toReversed());
  });

  it("ends without a cursor when the last page is full", async () => {
    const api = apiOf(await createTenant());
    await api.post("/v1/jobs/batch", { jobs: Array.from({ length: 4 }, () => ({ type: "noop" })) });
    const pages = await allPages(api, "limit=2");
    expect(pages.map((page) => page.length)).toEqual([2, 2]);
  });

  it("shows 25 jobs unless told otherwise, 100 at most", async () => {
    const api = apiOf(await createTenant());
    await api.post("/v1/jobs/batch", { jobs: Array.from({ length: 101 }, () => ({ type: "noop" })) });
    const lengths = ["", "limit=1", "limit=100"].map(
      async (query) => (await api.get(`/v1/jobs?${query}`)).body.data.length,
    );
    expect(await Promise.all(lengths)).toEqual([25, 1, 100]);
  });

  it("includes payloads and results where it is asked to", async () => {
    const api = apiOf(await createTenant());
    await api.post("/v1/jobs?wait=10", { type: "greet", payload: { name: "Ada" } });
    const first = async (query: string) => (await api.get(`/v1/jobs?${query}`)).body.data[0];
    expect(await first("include=payload,result")).toMatchObject({ payload: { name: "Ada" }, result: "hello Ada" });
    const payload = await first("include=payload");
    expect([payload.payload, "result" in payload]).toEqual([{ name: "Ada" }, false]);
    const result = await first("include=result");
    expect([result.result, "payload" in result]).toEqual(["hello Ada", false]);
  });

  it("shows what was written before to a caller that brings its bookmark", async () => {
    const api = apiOf(await createTenant());
    const posted = await api.post("/v1/jobs", { type: "noop" });
    const bookmark = posted.headers.get("Sluice-Bookmark");
    expect(bookmark).toBeTruthy();
    const listed = await api.get("/v1/jobs", { "Sluice-Bookmark": bookmark ?? "" });
    expect(ids(listed.body.data)).toEqual([posted.body.id]);
    expect(listed.headers.get("Sluice-Bookmark")).toBeTruthy();
  });

  it.each(["garbage", "0000000a-deadbeef", "'; DROP TABLE jobs"])(
    "passes on no bookmark that is none: %s",
    async (value) => {
      const api = apiOf(await createTenant());
      const { headers } = await api.post("/v1/jobs", { type: "noop" });
      const bookmark = headers.get("Sluice-Bookmark") ?? "";
      const sessions = vi.spyOn(env.DB, "withSession");
      expect((await api.get("/v1/jobs", { "Sluice-Bookmark": bookmark })).status).toBe(200);
      expect((await api.get("/v1/jobs", { "Sluice-Bookmark": value })).status).toBe(200);
      const constraints = sessions.mock.calls.map(([constraint]) => constraint);
      expect(constraints).toContain(bookmark);
      expect(constraints).not.toContain(value);
    },
  );
});

describe("a filtered list", () => {
  let api: Api;
  let posted: { greeted: string; fatal: string; other: string };

  beforeAll(async () => {
    api = apiOf(await createTenant());
    const post = async (job: Record<string, unknown>) => (await api.post("/v1/jobs?wait=10", job)).body.id as string;
    posted = {
      greeted: await post({ type: "greet", payload: { name: "Ada" } }),
      fatal: await post({ type: "fatal", payload: { name: "never" } }),
      other: await post({ type: "greet", payload: { name: "Grace" }, queue: "other/eu" }),
    };
  });

  const listed = async (query: string) => {
    const { status, body } = await api.get(`/v1/jobs?${query}`);
    expect([status, body.nextCursor]).toEqual([200, null]);
    return ids(body.data);
  };

  it("shows the jobs in a state", async () => {
    expect(await listed("state=failed")).toEqual([posted.fatal]);
    expect(await listed("state=succeeded")).toEqual([posted.other, posted.greeted]);
    expect(await listed("state=running")).toEqual([]);
  });

  it("shows the jobs in any of several states", async () => {
    expect(await listed("state=failed,succeeded")).toEqual([posted.other, posted.fatal, posted.greeted]);
    expect(await listed("state=queued,failed")).toEqual([posted.fatal]);
  });

  it("shows the jobs of a type", async () => {
    expect(await listed("type=fatal")).toEqual([posted.fatal]);
    expect(await listed("type=gre")).toEqual([]);
  });

  it("shows the jobs of a queue", async () => {
    expect(await listed("queue=other%2Feu")).toEqual([posted.other]);
    expect(await listed("queue=default")).toEqual([posted.fatal, posted.greeted]);
  });

  it("shows the jobs that match every filter", async () => {
    expect(await listed("type=greet&queue=default&state=succeeded")).toEqual([posted.greeted]);
    expect(await listed("type=fatal&state=succeeded")).toEqual([]);
  });

  it("pages within its filters, in whatever order its states are named", async () => {
    const [first] = await allPages(api, "state=succeeded,failed&limit=2");
    expect(ids(first ?? [])).toEqual([posted.other, posted.fatal]);
    const { body } = await api.get("/v1/jobs?state=succeeded,failed&limit=2");
    const next = await api.get(`/v1/jobs?state=failed,succeeded&limit=2&cursor=${body.nextCursor}`);
    expect([next.status, ids(next.body.data)]).toEqual([200, [posted.greeted]]);
  });

  it("takes a filter in any script", async () => {
    expect(await listed(`type=${encodeURIComponent("日本 🌊")}`)).toEqual([]);
  });
});
