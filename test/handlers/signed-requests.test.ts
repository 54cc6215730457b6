import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { httpRequest } from "../../src/handlers/http-request.ts";
import { runHandler } from "../../src/testing/run-handler.ts";
import { asReceived, type Delivery, HOOK, network, redirect, SECRET, send, verifies } from "../support/delivery.ts";

const SIGNATURE = ["webhook-id", "webhook-timestamp", "webhook-signature"];

const problems = (payload: unknown) =>
  httpRequest.input.safeParse(payload).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

const signatureOf = (call: { readonly headers: Headers } | undefined) =>
  SIGNATURE.filter((name) => call?.headers.has(name));

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a signed request", () => {
  it.each([
    { body: { a: [1, "ö", null], nested: { "key with . and ,": true } } },
    { body: null },
    { body: "plain text, 漢字 and 😀" },
    { body: "\ufeffafter a byte order mark" },
    { body: "half of a \ud83d character" },
    { body: { half: "\ud83d" } },
    { body: "" },
    { method: "POST" },
    { method: "GET" },
    {},
  ] as const)("is verified by its receiver: %j", async (request) => {
    const calls = network(new Response());
    await send({ url: HOOK, sign: true, ...request });
    expect(verifies(await asReceived(calls[0]))).toBe(true);
  });

  it("names the job, and the second of the attempt", async () => {
    const calls = network(new Response());
    vi.spyOn(Date, "now").mockReturnValue(1_700_000_000_999);
    await send({ url: HOOK, sign: true, body: {} });
    expect(calls[0]?.headers.get("webhook-id")).toBe("job-1");
    expect(calls[0]?.headers.get("webhook-timestamp")).toBe("1700000000");
  });

  it("has the same id in every attempt, and a new timestamp", async () => {
    const calls = network(new Response("", { status: 503 }), new Response());
    const clock = vi.spyOn(Date, "now");
    for (const [attempt, now] of [1_700_000_000_000, 1_700_000_060_000].entries()) {
      clock.mockReturnValue(now);
      const run = { jobId: "job-7", attempt: attempt + 1, signingSecret: SECRET };
      await runHandler(httpRequest, { url: HOOK, sign: true, body: {} }, run);
      expect(verifies(await asReceived(calls[attempt]))).toBe(true);
    }
    expect(calls.map(({ headers }) => headers.get("webhook-id"))).toEqual(["job-7", "job-7"]);
    expect(calls.map(({ headers }) => headers.get("webhook-timestamp"))).toEqual(["1700000000", "1700000060"]);
  });

  it("may have other headers of the caller's", async () => {
    const request = { url: HOOK, sign: true, headers: { Authorization: "Bearer abc", "X-Webhook-Id": "mine" } };
    expect(problems(request)).toEqual([]);
    const calls = network(new Response());
    await send(request);
    expect(calls[0]?.headers.get("x-webhook-id")).toBe("mine");
  });

  it.each(["webhook-id", "Webhook-Timestamp", "WEBHOOK-SIGNATURE", "webhook-attempt"])(
    "may not have a %s of the caller's",
    (name) => {
      const message = "this header cannot be set together with sign, which sets the webhook- headers itself";
      expect(problems({ url: HOOK, sign: true, headers: { [name]: "x" } })).toEqual([`headers.${name}: ${message}`]);
    },
  );

  it.each(["true", 1, null, "v1"])("is not asked for by %j", (sign) => {
    expect(problems({ url: HOOK, sign })).toEqual([expect.stringMatching(/^sign: Invalid input: expected boolean/)]);
  });
});

describe("a request that is not to be signed", () => {
  it.each([{}, { sign: false }])("carries no signature: %j", async (option) => {
    const calls = network(new Response());
    await send({ url: HOOK, body: {}, ...option });
    expect(signatureOf(calls[0])).toEqual([]);
  });

  it.each([{}, { sign: false }])("may carry one of the caller's own: %j", async (option) => {
    const headers = { "webhook-id": "msg_1", "Webhook-Signature": "v1,of-the-callers" };
    expect(problems({ url: HOOK, headers, ...option })).toEqual([]);
    const calls = network(new Response());
    await send({ url: HOOK, headers, ...option });
    expect(calls[0]?.headers.get("webhook-id")).toBe("msg_1");
    expect(calls[0]?.headers.get("webhook-signature")).toBe("v1,of-the-callers");
  });
});

describe("a receiver", () => {
  let delivery: Delivery;

  beforeEach(async () => {
    const calls = network(new Response());
    await send({ url: HOOK, sign: true, body: { event: "invoice.paid", amount: 4_200 } });
    delivery = await asReceived(calls[0]);
  });

  /** The text with one bit of each of its characters flipped in turn, as far as it is still a text of its kind. */
  function* flipped(text: string, still = /^[\x20-\x7e]*$/): Iterable<string> {
    for (let place = 0; place < text.length; place++) {
      for (let bit = 0; bit < 7; bit++) {
        const other = String.fromCharCode(text.charCodeAt(place) ^ (1 << bit));
        if (still.test(other)) yield text.slice(0, place) + other + text.slice(place + 1);
      }
    }
  }

  const withHeader = (name: string, value: string): Delivery => ({
    ...delivery,
    headers: { ...delivery.headers, [name]: value },
  });

  it("refuses a body of which one bit is another", () => {
    const tampered = [...flipped(delivery.body)];
    expect(tampered.length).toBeGreaterThan(100);
    expect(tampered.filter((body) => verifies({ ...delivery, body }))).toEqual([]);
    expect(verifies(delivery)).toBe(true);
  });

  it("refuses an id of which one bit is another", () => {
    const tampered = [...flipped("job-1")];
    expect(tampered.filter((id) => verifies(withHeader("webhook-id", id)))).toEqual([]);
  });

  it("refuses a timestamp of which one bit is another", () => {
    const tampered = [...flipped(delivery.headers["webhook-timestamp"]!, /^\d$/)];
    expect(tampered.length).toBeGreaterThan(10);
    expect(tampered.filter((timestamp) => verifies(withHeader("webhook-timestamp", timestamp)))).toEqual([]);
  });

  it("refuses what was signed with a secret of which one bit is another", () => {
    const key = Uint8Array.fromBase64(SECRET.slice("whsec_".length));
    for (let bit = 0; bit < key.length * 8; bit++) {
      const other = key.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifies(delivery, `whsec_${other.toBase64()}`)).toBe(false);
    }
  });
});

describe("a redirect of a signed request", () => {
  const request = { url: HOOK, sign: true, body: { a: 1 } } as const;

  it.each([
    [307, "/moved"],
    [308, "/moved"],
    [307, "https://hooks.example.com:443/moved"],
  ])("of %i within the origin keeps body and signature: %s", async (status, location) => {
    const calls = network(redirect(status, location), new Response());
    await send(request);
    expect(verifies(await asReceived(calls[1]))).toBe(true);
  });

  it.each([301, 302, 303])("of %i, which drops the body, drops its signature", async (status) => {
    const calls = network(redirect(status, "/moved"), new Response());
    await send(request);
    expect(calls[1]).toMatchObject({ method: "GET", body: null });
    expect(signatureOf(calls[1])).toEqual([]);
    expect(calls[1]?.headers.get("sluice-job-id")).toBe("job-1");
  });

  it.each([
    ["another host", "https://other.example.com/"],
    ["another scheme", "http://hooks.example.com/"],
    ["another port", "https://hooks.example.com:8443/"],
  ])("to %s drops the signature, on the way back too", async (_, location) => {
    const calls = network(redirect(307, location), redirect(307, HOOK), new Response());
    await send(request);
    expect(calls.map((call) => signatureOf(call).length)).toEqual([3, 0, 0]);
    expect(calls.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
  });
});
