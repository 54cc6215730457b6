import { afterEach, describe, expect, it, vi } from "vitest";
import { FatalError } from "../../src/domain/outcome.ts";
import { failure, HOOK, network, redirect, send } from "../support/delivery.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a redirect", () => {
  it("is followed, and the result names where it led", async () => {
    const calls = network(redirect(302, "../moved?a=1"), new Response("here"));
    expect(await send({ url: "https://hooks.example.com/a/b" })).toMatchObject({
      body: "here",
      url: "https://hooks.example.com/moved?a=1",
    });
    expect(calls.map(({ url }) => url)).toEqual([
      "https://hooks.example.com/a/b",
      "https://hooks.example.com/moved?a=1",
    ]);
  });

  it.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "DELETE", "GET"],
    [301, "PUT", "PUT"],
    [302, "DELETE", "DELETE"],
    [307, "POST", "POST"],
    [308, "PATCH", "PATCH"],
  ] as const)("of %i turns a %s into a %s", async (status, method, then) => {
    const calls = network(redirect(status, "/moved"), new Response());
    await send({ url: HOOK, method, body: { a: 1 } });
    const kept = method === then;
    expect(calls[1]).toMatchObject({ method: then, body: kept ? '{"a":1}' : null });
    expect(calls[1]?.headers.get("content-type")).toBe(kept ? "application/json" : null);
    expect(calls[1]?.headers.get("sluice-job-id")).toBe("job-1");
  });

  it("of 303 leaves a HEAD as it is", async () => {
    const calls = network(redirect(303, "/moved"), new Response());
    await send({ url: HOOK, method: "HEAD" });
    expect(calls[1]?.method).toBe("HEAD");
  });

  it.each([
    ["another host", "https://other.example.com/"],
    ["another scheme", "http://hooks.example.com/"],
    ["another port", "https://hooks.example.com:8443/"],
  ])("to %s drops Authorization and Cookie", async (_, location) => {
    const calls = network(redirect(307, location), redirect(307, HOOK), new Response());
    await send({ url: HOOK, headers: { Authorization: "Bearer abc", Cookie: "a=1", "X-Kept": "yes" } });
    for (const call of calls.slice(1)) {
      expect(call.headers.has("authorization")).toBe(false);
      expect(call.headers.has("cookie")).toBe(false);
      expect(call.headers.get("x-kept")).toBe("yes");
    }
  });

  it("within the origin keeps Authorization and Cookie", async () => {
    const calls = network(redirect(307, "/moved"), new Response());
    await send({ url: HOOK, headers: { Authorization: "Bearer abc", Cookie: "a=1" } });
    expect(calls[1]?.headers.get("authorization")).toBe("Bearer abc");
    expect(calls[1]?.headers.get("cookie")).toBe("a=1");
  });

  it.each([
    ["http://169.254.169.254/latest/meta-data", "hooks.example.com redirects: The host 169.254.169.254 is refused"],
    ["http://2130706433/", "hooks.example.com redirects: The host 127.0.0.1 is refused"],
    ["//localhost/", "hooks.example.com redirects: The host localhost is refused"],
    ["http://[::ffff:10.0.0.1]/", "hooks.example.com redirects: The host [::ffff:a00:1] is refused"],
    ["http://[64:ff9b::7f00:1]/", "hooks.example.com redirects: The host [64:ff9b::7f00:1] is refused"],
    ["http://0x7f.0.0.1../", "hooks.example.com redirects: The host 127.0.0.1 is refused"],
    ["\\\\127.0.0.1\\", "hooks.example.com redirects: The host 127.0.0.1 is refused"],
    ["http:127.0.0.1", "hooks.example.com redirects: The host 127.0.0.1 is refused"],
    ["//metadata.google.internal/", "hooks.example.com redirects: The host metadata.google.internal is refused"],
    ["//example.com:25/", "hooks.example.com redirects: The URL is refused: port 25"],
    ["//user@hooks.example.com/", "hooks.example.com redirects: The URL is refused: it carries credentials"],
    ["data:text/plain,a", "hooks.example.com redirects: The URL is refused: its scheme is data"],
    ["file:///etc/passwd", "hooks.example.com redirects: The URL is refused: its scheme is file"],
    ["https://user:secret@example.com/", "hooks.example.com redirects: The URL is refused: it carries credentials"],
    ["https://[", "hooks.example.com redirects to what is no URL"],
  ])("to a target that the guard refuses is final: %s", async (location, message) => {
    const calls = network(redirect(302, location));
    const error = await failure({ url: HOOK });
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain(message);
    expect(calls).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5])("is checked at every hop: at number %i", async (hop) => {
    const before = Array.from({ length: hop - 1 }, (_, n) => redirect(302, `https://hop-${n}.example.com/`));
    const calls = network(...before, redirect(302, "http://10.0.0.1/"));
    expect(await failure({ url: HOOK })).toBeInstanceOf(FatalError);
    expect(calls).toHaveLength(hop);
  });

  it("from https to http of the same host is followed without credentials, which do not come back", async () => {
    const calls = network(redirect(308, "http://hooks.example.com/in"), redirect(308, HOOK), new Response());
    await send({ url: HOOK, sign: true, headers: { Authorization: "Bearer abc", Cookie: "a=1" }, body: {} });
    const credentials = ["authorization", "cookie", "webhook-id", "webhook-timestamp", "webhook-signature"];
    expect(calls.map(({ headers }) => credentials.filter((name) => headers.has(name)).length)).toEqual([5, 0, 0]);
    expect(calls.map(({ url }) => new URL(url).protocol)).toEqual(["https:", "http:", "https:"]);
  });

  it("is followed five times", async () => {
    const calls = network(...Array.from({ length: 5 }, () => redirect(302, "/again")), new Response("at last"));
    expect(await send({ url: HOOK })).toMatchObject({ body: "at last" });
    expect(calls).toHaveLength(6);
  });

  it("is final when it is the sixth", async () => {
    const calls = network(...Array.from({ length: 6 }, () => redirect(302, "/again")));
    const error = await failure({ url: HOOK });
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toBe("hooks.example.com led to more than 5 redirects");
    expect(calls).toHaveLength(6);
  });

  it("without a Location is an answer like any other", async () => {
    network(new Response(null, { status: 302 }));
    expect(await failure({ url: HOOK })).toMatchObject({
      name: "FatalError",
      message: "hooks.example.com answered 302",
    });
  });
});
