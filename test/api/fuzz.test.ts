import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { request } from "../support/api.ts";
import { type RouteRequest, routeRequests } from "../support/route-requests.ts";
import { createTenant } from "../support/tenants.ts";

const RUNS = Number(env.FUZZ_RUNS);
const SEED = Number(env.FUZZ_SEED || Date.now() % 1_000_000_007);
const HANGS_MS = 10_000;
/** No longer wait than that: what is asked for is waited for. */
const WAITS = ["0", "0.01", "-1", "x", "", "1e", "0x1"];
const HEADERS = [
  "Idempotency-Key",
  "Prefer",
  "Sluice-Bookmark",
  "Range",
  "If-None-Match",
  "Content-Encoding",
  "Accept",
];

/** Any value at all, those that are on the edge of something more often. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom("", " ", "\u0000", "\ud800", "💣", "a".repeat(5_000), "-1", "1e999", "NaN", "__proto__", "blob_x"),
  fc.constantFrom(0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308, true, null, [], {}, [[]], { __proto__: 1 }),
);

/** The example with one of its parts replaced, added or left out. */
function mutated(example: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(example);
  return fc
    .tuple(fc.constantFrom(...paths), fc.constantFrom("replace", "remove", "add"), value, fc.string())
    .map(([path, change, part, name]) => changed(structuredClone(example), path, change, part, name));
}

function pathsOf(example: unknown, path: readonly string[] = []): string[][] {
  if (typeof example !== "object" || example === null) return [[...path]];
  return [[...path], ...Object.entries(example).flatMap(([key, part]) => pathsOf(part, [...path, key]))];
}

function changed(example: unknown, path: readonly string[], change: string, part: unknown, name: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    if (change === "add" && typeof example === "object" && example !== null) return { ...example, [name]: part };
    return change === "remove" ? undefined : part;
  }
  const parent = example as Record<string, unknown>;
  if (rest.length === 0 && change === "remove") delete parent[key];
  else parent[key] = changed(parent[key], rest, change, part, name);
  return parent;
}

const headerValue = fc.string({ unit: fc.constantFrom(...'aZ09 ,;="/*-_.:(){}[]bytes'.split("")), maxLength: 60 });

function requests(example: RouteRequest) {
  const segment = fc.oneof(
    fc.string({ minLength: 1, maxLength: 300 }),
    fc.constantFrom("..", "%00", "%", "a/b", "\u0000"),
  );
  const given = Object.entries(example.query);
  const queryValue = (name: string) => (name === "wait" ? fc.constantFrom(...WAITS) : fc.string({ maxLength: 200 }));
  return fc.record({
    path: fc.tuple(...example.path.map((good) => fc.oneof(fc.constant(good), segment))),
    query: fc.record(
      Object.fromEntries(given.map(([name, good]) => [name, fc.oneof(fc.constant(good), queryValue(name))])),
      { requiredKeys: [] },
    ),
    headers: fc.dictionary(fc.constantFrom(...HEADERS), headerValue, { maxKeys: 3 }),
    contentType: fc.constantFrom(
      "application/json",
      "application/json",
      "application/json",
      "text/plain",
      "x",
      "image/png",
    ),
    body: fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .constantFrom(...example.bodies)
          .chain(mutated)
          .map((body) => JSON.stringify(body) ?? ""),
      },
      { weight: 1, arbitrary: fc.string() },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }) },
    ),
  });
}

describe("a request that nobody has thought of", () => {
  it.each(routeRequests())("gets an answer of $name, and never a 500", async (example) => {
    const [method = "", path = ""] = example.name.split(" ");
    const key = example.isOperators ? env.SLUICE_ADMIN_TOKEN : (await createTenant()).key;
    const property = fc.asyncProperty(requests(example), async (sent) => {
      const segments = [...sent.path];
      const filled = path.replaceAll(/:\w+/g, () => encodeURIComponent((segments.shift() ?? "").toWellFormed()));
      const query = new URLSearchParams(sent.query as Record<string, string>).toString();
      const headers = { ...sent.headers, Authorization: `Bearer ${key}`, "Content-Type": sent.contentType };
      const body = method === "GET" ? null : (sent.body as BodyInit);
      const answer = await inTime(request(`${filled}${query && `?${query}`}`, { method, headers, body }));
      expect(answer.status, JSON.stringify(answer.body)).toSatisfy(isAnswered);
      // Nothing is out of order here but what was sent.
      expect(answer.body?.code).not.toBe("storage_unavailable");
      if (answer.status >= 400) expect(answer.headers.get("content-type")).toBe("application/problem+json");
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED, timeout: HANGS_MS });
  });
});

// 501: what is not configured. 503: a limit, which a flood of requests may meet.
function isAnswered(status: number): boolean {
  return status < 500 || status === 501 || status === 503;
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("no answer")), HANGS_MS));
  return Promise.race([answer, late]);
}
