import { afterEach, describe, expect, it, vi } from "vitest";
import { HOOK, network, send } from "../support/delivery.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a response", () => {
  it("with a status of 2xx is the result", async () => {
    network(new Response('{"ok":true}', { status: 201, headers: { "Content-Type": "application/json", ETag: '"1"' } }));
    expect(await send({ url: HOOK })).toEqual({
      status: 201,
      headers: { "content-type": "application/json", etag: '"1"' },
      body: '{"ok":true}',
      truncated: false,
    });
  });

  it("without a body leaves an empty one", async () => {
    network(new Response(null, { status: 204 }));
    expect(await send({ url: HOOK })).toEqual({ status: 204, headers: {}, body: "", truncated: false });
  });

  it("of 16 KB is kept whole", async () => {
    network(new Response("a".repeat(16_384)));
    expect(await send({ url: HOOK })).toMatchObject({ body: "a".repeat(16_384), truncated: false });
  });

  it("is read only up to 16 KB, and the rest is cancelled", async () => {
    let pulls = 0;
    const cancel = vi.fn();
    const pull = (controller: ReadableStreamDefaultController) => {
      pulls++;
      controller.enqueue(new Uint8Array(1_000).fill(97));
    };
    network(new Response(new ReadableStream({ pull, cancel })));
    expect(await send({ url: HOOK })).toMatchObject({ body: "a".repeat(16_384), truncated: true });
    expect(pulls).toBeLessThan(20);
    expect(cancel).toHaveBeenCalledOnce();
  });

  it("that is cut inside a character loses that character alone", async () => {
    network(new Response(`a${"€".repeat(6_000)}`));
    expect(await send({ url: HOOK })).toMatchObject({ body: `a${"€".repeat(5_461)}`, truncated: true });
  });

  it("keeps at most 50 headers", async () => {
    network(new Response("", { headers: Array.from({ length: 60 }, (_, i): [string, string] => [`x-${i}`, "1"]) }));
    expect(Object.keys((await send({ url: HOOK })).headers)).toHaveLength(50);
  });

  it("leaves out the headers that go beyond 8,192 characters", async () => {
    network(new Response(null, { headers: { "x-a": "a".repeat(8_000), "x-b": "b".repeat(300), "x-c": "c" } }));
    expect(Object.keys((await send({ url: HOOK })).headers)).toEqual(["x-a", "x-c"]);
  });

  it("joins headers that come more than once", async () => {
    const headers = new Headers([
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
    network(new Response(null, { headers }));
    expect((await send({ url: HOOK })).headers).toEqual({ "set-cookie": "a=1, b=2" });
  });
});
