import autocannon, { type Request, type Result } from "autocannon";
import type { LoadRequest } from "../../contender.ts";
import type { LoadOrder, LoadReport } from "../../load.ts";
import { openLoop } from "./open-loop.ts";

type ClosedOrder = Extract<LoadOrder, { mode: "closed" }>;

const TIMEOUT_S = 30;
const SAMPLE_MS = 100;

async function closedLoop({ url, requests, connections, amount }: ClosedOrder): Promise<LoadReport> {
  const startedAt = Date.now();
  const began = performance.now();
  // It ends with its next sample, which may be long after the last answer.
  let answeredAt = began;
  const result = await new Promise<Result>((resolve, reject) => {
    const options = {
      url,
      // autocannon drops what a division leaves over.
      connections: Math.min(connections, amount),
      amount,
      timeout: TIMEOUT_S,
      sampleInt: SAMPLE_MS,
      requests: requests.map(asRequest),
    };
    const run = autocannon(options, (error: unknown, result) => (error ? reject(error) : resolve(result)));
    run.on("response", () => {
      answeredAt = performance.now();
    });
  });
  return {
    acknowledged: result["2xx"],
    refused: result.non2xx,
    failed: result.errors,
    startedAt,
    seconds: (answeredAt - began) / 1_000,
    latency: { p50: result.latency.p50, p99: result.latency.p99, max: result.latency.max },
  };
}

// A stamp means nothing here: every connection sends when it can.
function asRequest({ method, path, headers, body }: LoadRequest): Request {
  return { method, path, headers, ...(body !== undefined && { body: body.replaceAll('"@sentAt"', "null") }) };
}

process.on("message", (order: LoadOrder) => {
  const answer = order.mode === "closed" ? closedLoop(order) : openLoop(order);
  answer.then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
// Whoever started this ends it.
process.on("SIGINT", () => {});
if (!process.connected) process.exit();
