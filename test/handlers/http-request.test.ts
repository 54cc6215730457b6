import { afterEach, describe, expect, it, vi } from "vitest";
import { FatalError, RetryError } from "../../src/domain/outcome.ts";
import { httpRequest } from "../../src/handlers/http-request.ts";
import { failure, HOOK, network, send, silence } from "../support/delivery.ts";

const problems = (payload: unknown) =>
  httpRequest.input.safeParse(payload).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a payload", () => {
  it.each([
    { url: HOOK },
    { url: HOOK, method: "DELETE" },
    { url: HOOK, body: null },
    {
      url: HOOK,
      body: { a: [1, "b", null] },
      headers: { Authorization: "Bearer abc", "X-Empty": "" },
      timeout: "500ms",
    },
    { url: HOOK, method: "PUT", body: "text", timeout: 30 },
  ])("is taken: %j", (payload) => {
    expect(problems(payload)).toEqual([]);
  });

  it.each([
    ["url: Invalid input: expected string, received undefined", {}],
    ["url: The host 10.0.0.1 is refused: it is not a public address (private)", { url: "http://10.0.0.1/" }],
    [
      "url: The host [::7f00:1] is refused: it is not a public address (outside 2000::/3)",
      { url: "http://[::7f00:1]/" },
    ],
    ["url: The URL is refused: its scheme is ftp, not http or https", { url: "ftp://example.com/" }],
    ["url: Too big: expected string to have <=2048 characters", { url: `${HOOK}/${"a".repeat(2_048)}` }],
    ["body: a GET or HEAD request has no body", { url: HOOK, method: "GET", body: 1 }],
    ["body: a GET or HEAD request has no body", { url: HOOK, method: "HEAD", body: null }],
    ["timeout: must be 1 ms to 30 s", { url: HOOK, timeout: "31s" }],
    ["timeout: must be 1 ms to 30 s", { url: HOOK, timeout: 0 }],
    ["timeout: must be 1 ms to 30 s", { url: HOOK, timeout: -1 }],
    ["timeout: must be 1 ms to 30 s", { url: HOOK, timeout: "-1s" }],
    ['timeout: must be seconds, or as in "500ms", "10s"', { url: HOOK, timeout: "soon" }],
    ["headers.Host: this header cannot be set", { url: HOOK, headers: { Host: "a" } }],
    ["headers.Content-Length: this header cannot be set", { url: HOOK, headers: { "Content-Length": "1" } }],
    ["headers.connection: this header cannot be set", { url: HOOK, headers: { connection: "close" } }],
    [
      "headers.Transfer-Encoding: this header cannot be set",
      { url: HOOK, headers: { "Transfer-Encoding": "chunked" } },
    ],
    ["headers.Upgrade: this header cannot be set", { url: HOOK, headers: { Upgrade: "websocket" } }],
    ["headers.sluice-job-id: this header cannot be set", { url: HOOK, headers: { "sluice-job-id": "x" } }],
    ["headers.a b: not a header name", { url: HOOK, headers: { "a b": "c" } }],
    ["headers.: not a header name", { url: HOOK, headers: { "": "c" } }],
    ["headers.a: not a header value", { url: HOOK, headers: { a: "b\r\nc: d" } }],
    ["headers.a: not a header value", { url: HOOK, headers: { a: "€" } }],
    ["headers.A: this header is given twice", { url: HOOK, headers: { a: "1", A: "2" } }],
    ["headers.a: the header's value is longer than 4096 characters", { url: HOOK, headers: { a: "b".repeat(4_097) } }],
    [
      "headers: more than 50 headers",
      { url: HOOK, headers: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`h${i}`, ""])) },
    ],
  ])("is refused, saying %s", (problem, payload) => {
    expect(problems(payload)).toEqual([problem]);
  });

  it("may not have a field that is unknown", () => {
    expect(problems({ url: HOOK, verb: "GET" })).toEqual([': Unrecognized key: "verb"']);
  });

  it("may name a loopback host that the deployment's settings allow", () => {
    expect(problems({ url: "http://127.0.0.1:9000/" })).toEqual([]);
    expect(problems({ url: "http://127.0.0.2:9000/" })).not.toEqual([]);
  });
});

describe("the request", () => {
  it("is a GET without a body, and carries the job's id, the attempt and a user agent", async () => {
    const calls = network(new Response("ok"));
    await send({ url: HOOK });
    expect(calls).toMatchObject([{ url: HOOK, method: "GET", body: null }]);
    expect(Object.fromEntries(calls[0]?.headers ?? [])).toEqual({
      "sluice-attempt": "2",
      "sluice-job-id": "job-1",
      "user-agent": "Sluice",
    });
  });

  it.each([
    [{ a: 1 }, '{"a":1}', "application/json"],
    [null, "null", "application/json"],
    [0, "0", "application/json"],
    ["plain", "plain", "text/plain;charset=UTF-8"],
    ["", "", "text/plain;charset=UTF-8"],
  ])("is a POST of its body: %j", async (body, sent, type) => {
    const calls = network(new Response());
    await send({ url: HOOK, body });
    expect(calls).toMatchObject([{ method: "POST", body: sent }]);
    expect(calls[0]?.headers.get("content-type")).toBe(type);
  });

  it("keeps the caller's method, content type and user agent", async () => {
    const calls = network(new Response());
    const headers = { "content-type": "application/cloudevents+json", "USER-AGENT": "acme/1" };
    await send({ url: HOOK, method: "PATCH", headers, body: {} });
    expect(calls[0]?.method).toBe("PATCH");
    expect(calls[0]?.headers.get("content-type")).toBe("application/cloudevents+json");
    expect(calls[0]?.headers.get("user-agent")).toBe("acme/1");
  });

  it("is not made when the guard refuses its URL at the run", async () => {
    const calls = network();
    expect(await failure({ url: "http://169.254.169.254/latest" })).toBeInstanceOf(FatalError);
    expect(calls).toEqual([]);
  });
});

describe("a failed delivery", () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 599])("is retried after a %i", async (status) => {
    network(new Response("try later", { status }));
    const error = await failure({ url: `${HOOK}?token=secret` });
    expect(error).toBeInstanceOf(RetryError);
    expect(error).toMatchObject({ message: `hooks.example.com answered ${status}: try later`, after: undefined });
  });

  it.each([300, 304, 400, 401, 403, 404, 409, 410, 422, 451])("is final after a %i", async (status) => {
    network(new Response(null, { status }));
    const error = await failure({ url: HOOK });
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toBe(`hooks.example.com answered ${status}`);
  });

  it("retries a 503 after the time that Retry-After names", async () => {
    network(new Response("", { status: 503, headers: { "Retry-After": "120" } }));
    expect(await failure({ url: HOOK })).toMatchObject({ name: "RetryError", after: "120000ms" });
  });

  it("quotes the start of the response on one line", async () => {
    network(new Response(`<h1>\n\tNo\u0000</h1>${"x".repeat(500)}`, { status: 400 }));
    const { message } = await failure({ url: HOOK });
    expect(message).toBe(`hooks.example.com answered 400: ${`<h1> No </h1>${"x".repeat(500)}`.slice(0, 200)}`);
  });

  it("quotes no half of a character", async () => {
    network(new Response(`${"x".repeat(199)}😀`, { status: 400 }));
    expect((await failure({ url: HOOK })).message.isWellFormed()).toBe(true);
  });

  it("is retried after a network error", async () => {
    network(new Error("Network connection lost."));
    const error = await failure({ url: HOOK });
    expect(error).toBeInstanceOf(RetryError);
    expect(error.message).toBe("hooks.example.com: Network connection lost.");
  });

  it("is retried when the connection breaks inside the body", async () => {
    const start = (controller: ReadableStreamDefaultController) => controller.error(new Error("reset"));
    network(new Response(new ReadableStream({ start })));
    expect(await failure({ url: HOOK })).toBeInstanceOf(RetryError);
  });

  it("is retried when its own timeout is over", async () => {
    silence();
    const error = await failure({ url: HOOK, timeout: "20ms" });
    expect(error).toBeInstanceOf(RetryError);
    expect(error.message).toBe("hooks.example.com: no answer within 20 ms");
  });

  it("throws the attempt's own reason when the attempt is aborted", async () => {
    silence();
    const attempt = new AbortController();
    const reason = new DOMException("the attempt took too long", "TimeoutError");
    const failed = failure({ url: HOOK }, attempt.signal);
    attempt.abort(reason);
    expect(await failed).toBe(reason);
  });

  it("makes no request for an attempt that is already aborted", async () => {
    const calls = network();
    const reason = new Error("cancelled");
    expect(await failure({ url: HOOK }, AbortSignal.abort(reason))).toBe(reason);
    expect(calls).toEqual([]);
  });
});
