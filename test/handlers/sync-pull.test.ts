import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { Child } from "../../src/domain/child-job.ts";
import { type NextPage, SYNC_PAGES_TABLE, type SyncPullDefinition, syncPull } from "../../src/handlers/sync-pull.ts";
import { type RunOptions, runHandler } from "../../src/testing/run-handler.ts";
import { type Item, itemsFrom, PagedApi } from "../support/paged-api.ts";

const API = "https://api.example.com/items";
const body = z.object({ data: z.array(z.object({ id: z.int(), name: z.string() })), next: z.string().nullable() });
type Body = z.output<typeof body>;
type Definition = SyncPullDefinition<"sync.items", typeof body, Item>;

let tenantId = "";
let tenants = 0;
let api: PagedApi;

const puller = (more: Partial<Definition> = {}) =>
  syncPull({
    type: "sync.items",
    url: () => API,
    headers: () => ({ "X-Api-Key": "geheim" }),
    body,
    items: ({ data }) => data,
    next: "link",
    database: (env) => env.DB,
    upsert: (items, db, tenantId) => [
      db
        .prepare(
          `INSERT INTO pulled (tenant_id, id, name, writes) SELECT ?1, value->>'id', value->>'name', 1 FROM json_each(?2)
           WHERE true ON CONFLICT DO UPDATE SET name = excluded.name, writes = writes + 1`,
        )
        .bind(tenantId, JSON.stringify(items)),
    ],
    ...more,
  });

const pull = (handler = puller(), payload = {}, options: RunOptions = {}) =>
  runHandler(handler, payload, { tenantId, ...options });

// Of itself not repeatable: an item that came twice would be refused.
const inserts: Definition["upsert"] = (items, db, tenantId) => [
  db
    .prepare("INSERT INTO pulled SELECT ?1, value->>'id', value->>'name', 1 FROM json_each(?2)")
    .bind(tenantId, JSON.stringify(items)),
];

const pulled = async () => {
  const statement = env.DB.prepare("SELECT id, name, writes FROM pulled WHERE tenant_id = ? ORDER BY id").bind(
    tenantId,
  );
  return (await statement.all<Item & { writes: number }>()).results;
};

const onceEach = (items: readonly Item[]) => items.map((item) => ({ ...item, writes: 1 }));

function online(host = "https://api.example.com", answers: Record<string, Response> = {}): Request[] {
  const requests: Request[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (target, init) => {
    init?.signal?.throwIfAborted();
    const request = new Request(target instanceof Request ? target.url : target, { headers: init?.headers ?? {} });
    requests.push(request);
    const url = new URL(request.url);
    const other = answers[url.href];
    if (other !== undefined) return other;
    if (url.origin !== host) throw new Error(`nobody should ask ${url.href}`);
    const { status, headers, body, isDropped = false } = api.answer(url, request.headers);
    if (!isDropped) return new Response(status === 304 ? null : body, { status, headers });
    const start = new TextEncoder().encode(body.slice(0, body.length / 2));
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(start),
      pull: (controller) => controller.error(new Error("Network connection lost.")),
    });
    return new Response(stream, { status, headers });
  });
  return requests;
}

beforeAll(async () => {
  await env.DB.batch([
    env.DB.prepare(SYNC_PAGES_TABLE),
    env.DB.prepare(
      "CREATE TABLE pulled (tenant_id TEXT, id INTEGER, name TEXT, writes INTEGER, PRIMARY KEY (tenant_id, id)) STRICT",
    ),
  ]);
});

beforeEach(() => {
  tenantId = `sync${++tenants}`;
  api = new PagedApi(itemsFrom(1, 47), 10);
  online();
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("pages", () => {
  const ways: [string, NextPage<Body>, number[]][] = [
    ["a Link header", "link", [1, 2, 3, 4, 5]],
    ["a cursor", { parameter: "cursor", cursor: ({ next }) => next }, [1, 2, 3, 4, 5]],
    ["their numbers", { page: "page" }, [1, 2, 3, 4, 5, 6]],
  ];

  it.each(ways)("that %s leads through are pulled, each once", async (_, next, pages) => {
    const outcome = await pull(puller({ next }));
    const result = { pages: pages.length, unchanged: 0, items: 47, nextJobId: null };
    expect(outcome).toMatchObject({ kind: "succeeded", result });
    expect(api.sent).toEqual(pages);
    expect(await pulled()).toEqual(onceEach(api.items));
  });

  it.each(ways)("that have not changed are not pulled again, where %s leads through them", async (_, next, pages) => {
    await pull(puller({ next }));
    const outcome = await pull(puller({ next }));
    const result = { pages: pages.length, unchanged: pages.length, items: 0, nextJobId: null };
    expect(outcome).toMatchObject({ kind: "succeeded", result });
    expect(api.sent).toEqual(pages);
    expect(await pulled()).toEqual(onceEach(api.items));
  });

  it("that have changed are pulled, and no others; what is no page any more is forgotten", async () => {
    await pull();
    api.items = api.items.map((item) => (item.id === 25 ? { ...item, name: "new" } : item)).slice(0, 38);
    const outcome = await pull();
    expect(outcome).toMatchObject({ result: { pages: 4, unchanged: 2, items: 18 } });
    expect(api.sent.slice(5)).toEqual([3, 4]);
    expect((await pulled()).find(({ id }) => id === 25)).toEqual({ id: 25, name: "new", writes: 2 });
    const notes = env.DB.prepare("SELECT MAX(page) AS page FROM sync_pages WHERE tenant_id = ?").bind(tenantId);
    expect(await notes.first()).toEqual({ page: 4 });
  });

  it("are all pulled anew when that is asked for", async () => {
    await pull();
    expect(await pull(puller(), { fresh: true })).toMatchObject({ result: { pages: 5, unchanged: 0, items: 47 } });
  });

  it("of what only grows are asked for from the last one on", async () => {
    const handler = puller({ appendOnly: true });
    await pull(handler);
    expect(await pull(handler)).toMatchObject({ result: { pages: 1, unchanged: 1 } });
    api.items = [...api.items, ...itemsFrom(48, 10)];
    expect(await pull(handler)).toMatchObject({ result: { pages: 2, unchanged: 0, items: 17 } });
    expect(api.asked.slice(5).map(({ page }) => page)).toEqual([5, 5, 6]);
    expect((await pulled()).map(({ id }) => id)).toEqual(api.items.map(({ id }) => id));
  });

  it("beyond fifty are another job's, which goes on where it has stopped", async () => {
    api = new PagedApi(itemsFrom(1, 233), 2);
    const children: Child[] = [];
    const enqueued = (child: Child) => void children.push(child);
    let outcome = await pull(puller(), {}, { enqueued });
    expect(outcome).toMatchObject({ result: { pages: 50, items: 100, nextJobId: expect.any(String) } });
    for (let child = children.shift(); child !== undefined; child = children.shift()) {
      expect(child).toMatchObject({ type: "sync.items" });
      outcome = await pull(puller(), child.payload as object, { enqueued });
    }
    expect(outcome).toMatchObject({ result: { pages: 117, unchanged: 0, items: 233, nextJobId: null } });
    expect(api.sent).toEqual(Array.from({ length: 117 }, (_, index) => index + 1));
    expect(await pulled()).toEqual(onceEach(api.items));
  });
});

describe("an API that fails", () => {
  it("is asked again for the page that is missing, and for none before it", async () => {
    api.fail(2, 503);
    api.fail(3, { status: 429, headers: { "retry-after": "7" } }, { status: 200, isDropped: true });
    api.fail(5, 502, 500);
    const steps = new Map<string, unknown>();
    const outcomes = [];
    for (let attempt = 1; attempt <= 6; attempt++) outcomes.push(await pull(puller(), {}, { attempt, steps }));
    expect(outcomes).toMatchObject([
      { kind: "retry", error: { message: "api.example.com answered 503: later" } },
      { kind: "retry", error: { message: "api.example.com answered 429: later" }, afterMs: 7_000 },
      { kind: "retry", error: { message: "api.example.com: Network connection lost." } },
      { kind: "retry" },
      { kind: "retry" },
      { kind: "succeeded", result: { pages: 5, items: 47 } },
    ]);
    expect(api.asked.map(({ page, status }) => `${page}:${status}`).join(" ")).toBe(
      "1:200 2:503 2:200 3:429 3:0 3:200 4:200 5:502 5:500 5:200",
    );
    expect(await pulled()).toEqual(onceEach(api.items));
  });

  it.each([400, 401, 404, 410])("for good (%i) fails the job at once", async (status) => {
    api.fail(2, status);
    const message = `api.example.com answered ${status}: later`;
    expect(await pull()).toMatchObject({ kind: "failed", error: { message } });
  });

  it.each([
    ["is no JSON is asked again", { body: "<html>" }, "retry", "api.example.com: the answer is not JSON"],
    [
      "has no such items is given up",
      { body: '{"data":[{"id":1}],"next":null}' },
      "failed",
      "api.example.com answered something else than pages: /data/0/name: Invalid input: expected string, received undefined",
    ],
    [
      "is too large is given up",
      { body: `"${"x".repeat(4_000_001)}"` },
      "failed",
      "api.example.com: the answer has more than 4000000 bytes: ask for smaller pages",
    ],
  ])("by what %s", async (_, fault, kind, message) => {
    api.fail(1, { status: 200, ...fault });
    expect(await pull()).toMatchObject({ kind, error: { message } });
  });
});

describe("an attempt that ends in the middle", () => {
  it("has left each page whole or not at all, with its ETag", async () => {
    const steps = new Map<string, unknown>();
    const broken = puller({
      upsert: (items, db, tenantId) => {
        const statements = inserts(items, db, tenantId);
        return items[0]?.id === 21 ? [...statements, db.prepare("SELECT nonsense")] : statements;
      },
    });
    expect(await pull(broken, {}, { steps })).toMatchObject({ kind: "retry" });
    expect((await pulled()).length).toBe(20);
    expect(await pull(puller(), {}, { attempt: 2, steps })).toMatchObject({ result: { pages: 5, unchanged: 0 } });
    expect(api.sent).toEqual([1, 2, 3, 3, 4, 5]);
    expect(await pulled()).toEqual(onceEach(api.items));
  });

  it("after a page was written, but before its step was stored, writes it no second time", async () => {
    const steps = new Map<string, unknown>();
    api.fail(4, 503);
    await pull(puller(), {}, { steps });
    steps.delete("page 3");
    expect(await pull(puller(), {}, { attempt: 2, steps })).toMatchObject({ result: { pages: 5, unchanged: 1 } });
    expect(await pulled()).toEqual(onceEach(api.items));
  });
});

describe("the guard", () => {
  it.each([
    ["http://10.0.0.1/items", "The host 10.0.0.1 is refused: it is not a public address (private)"],
    ["https://api.internal/items", "The host api.internal is refused: it is not a public name (.internal)"],
  ])("refuses to ask %s", async (url, message) => {
    expect(await pull(puller({ url: () => url }))).toMatchObject({ kind: "failed", error: { message } });
    expect(api.asked).toEqual([]);
  });

  it("refuses a next page, and one to begin with, of another origin", async () => {
    const message = "a page of https://evil.example.com is refused: the others are of https://api.example.com";
    api.fail(1, {
      status: 200,
      headers: { link: "<https://evil.example.com/2>; rel=next" },
      body: '{"data":[],"next":null}',
    });
    expect(await pull()).toMatchObject({ kind: "failed", error: { message } });
    const from = { page: 2, url: "https://evil.example.com/2", pages: 1, unchanged: 0, items: 0 };
    expect(await pull(puller(), { from })).toMatchObject({ kind: "failed", error: { message } });
    expect(api.asked).toHaveLength(1);
  });

  it("refuses a page that names itself as the next", async () => {
    const message = "api.example.com names the same page as its next one";
    api.fail(1, { status: 200, headers: { link: `<${API}>; rel=next` }, body: '{"data":[],"next":null}' });
    expect(await pull()).toMatchObject({ kind: "failed", error: { message } });
  });

  it("refuses a redirect into a private network", async () => {
    api.fail(1, { status: 302, headers: { location: "http://169.254.169.254/latest" } });
    const message =
      "api.example.com redirects: The host 169.254.169.254 is refused: it is not a public address (linkLocal)";
    expect(await pull()).toMatchObject({ kind: "failed", error: { message } });
  });

  it("shows the application's headers to no other origin", async () => {
    vi.restoreAllMocks();
    const elsewhere = "https://files.example.net/items";
    const requests = online("https://api.example.com", {
      [elsewhere]: Response.json({ data: itemsFrom(1, 1), next: null }),
    });
    api.fail(1, { status: 307, headers: { location: elsewhere } });
    expect(await pull()).toMatchObject({ kind: "succeeded", result: { items: 1 } });
    expect(requests.map(({ headers }) => headers.get("x-api-key"))).toEqual(["geheim", null]);
  });
});
