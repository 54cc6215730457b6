import { createServer, type ServerResponse } from "node:http";
import { afterAll, describe, expect, it } from "vitest";
import { enqueueRequest } from "../../bench/contender.ts";
import { openLoop } from "../../bench/contenders/processes/open-loop.ts";
import { listen } from "../../scripts/listen.ts";

const held: ServerResponse[] = [];
let holds = 0;
const bodies: string[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    bodies.push(Buffer.concat(chunks).toString());
    held.push(response);
    if (held.length < holds) return;
    for (const one of held.splice(0)) one.writeHead(one === response && holds > 1 ? 503 : 202).end("{}");
  });
});

afterAll(() => server.close());

describe("the load at fixed times", () => {
  it("sends on while nobody answers, and counts from the time at which a request should have left", async () => {
    holds = 5;
    const url = `http://${await listen(server)}`;
    const report = await openLoop({ mode: "open", url, requests: [enqueueRequest(1)], rate: 50, seconds: 0.1 });
    // The first of them waits for the fifth, 80 ms later.
    expect(report).toMatchObject({ acknowledged: 4, refused: 1, failed: 0 });
    expect(report.latency.max).toBeGreaterThan(70);
    expect(report.latency.p50).toBeLessThan(report.latency.max);
    const times = bodies.map((body) => (JSON.parse(body) as { payload: { sentAt: number } }).payload.sentAt);
    expect(times.map((time) => Math.round(time - (times[0] ?? 0)))).toEqual([0, 20, 40, 60, 80]);
    expect(Math.abs((times[0] ?? 0) - report.startedAt)).toBeLessThan(1);
  });
});
