import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { LoadRequest } from "../../contender.ts";
import type { LoadOrder, LoadReport } from "../../load.ts";

type OpenOrder = Extract<LoadOrder, { mode: "open" }>;

const MOST_UNANSWERED = 2_000;
const TIMEOUT_MS = 30_000;

/**
 * Sends requests at fixed times. autocannon cannot: its rate is a budget that each connection spends at the beginning of
 * a second, one request after the other, and what is then missing it corrects by calculation. Here a request that
 * leaves late, because this process or the other side was busy, counts from the time at which it should have left.
 */
export async function openLoop({ url, requests, rate, seconds }: OpenOrder): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_UNANSWERED });
  const epoch = Date.now() - performance.now();
  const began = performance.now();
  const amount = Math.max(1, Math.round(rate * seconds));
  const latencies: number[] = [];
  const calls: Promise<void>[] = [];
  let unanswered = 0;
  let [refused, failed] = [0, 0];

  const call = async (order: LoadRequest, at: number) => {
    unanswered++;
    try {
      const status = await send(agent, url, order, epoch + at);
      if (status >= 200 && status < 300) latencies.push(performance.now() - at);
      else refused++;
    } catch {
      failed++;
    } finally {
      unanswered--;
    }
  };

  for (let n = 0; n < amount; n++) {
    const at = began + (n * 1_000) / rate;
    const early = at - performance.now();
    if (early > 0) await pause(early);
    const order = requests[n % requests.length];
    if (order === undefined || unanswered >= MOST_UNANSWERED) failed++;
    else calls.push(call(order, at));
  }
  await Promise.all(calls);
  agent.destroy();
  const took = (performance.now() - began) / 1_000;
  const latency = { p50: at(latencies, 0.5), p99: at(latencies, 0.99), max: at(latencies, 1) };
  return { acknowledged: latencies.length, refused, failed, startedAt: epoch + began, seconds: took, latency };
}

function send(agent: Agent, url: string, order: LoadRequest, sentAt: number): Promise<number> {
  const body = order.body?.replaceAll('"@sentAt"', sentAt.toFixed(3));
  const headers = { ...order.headers, ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }) };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(order.path, url), { agent, method: order.method, headers, timeout: TIMEOUT_MS });
    sent.on("response", (response) => {
      response
        .on("error", reject)
        .on("end", () => resolve(response.statusCode ?? 0))
        .resume();
    });
    sent.on("error", reject).on("timeout", () => sent.destroy(new Error("no answer")));
    sent.end(body);
  });
}

/** Nearest rank. */
function at(values: readonly number[], share: number): number {
  const ranked = values.toSorted((a, b) => a - b);
  return ranked[Math.max(0, Math.ceil(ranked.length * share) - 1)] ?? Number.NaN;
}
