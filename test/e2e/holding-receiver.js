import { createServer } from "node:http";
import { listen } from "../../scripts/listen.ts";

const LEAST_HOLD_MS = 100;
const LONGEST_HOLD_MS = 300;
/** An HTTP server that takes its time, and knows when two requests of one job were there at the same time. */
export class HoldingReceiver {
  #server;
  #runs = new Map();
  overlaps = [];
  host;
  constructor(server, host) {
    this.#server = server;
    this.host = host;
    server.on("request", (request, response) => this.#hold(request, response));
  }
  static async start() {
    const server = createServer();
    return new HoldingReceiver(server, await listen(server));
  }
  get runs() {
    return [...this.#runs.values()].flat();
  }
  /** Whether a request of the job was answered. */
  hasAnswered(jobId) {
    return this.#runs.get(jobId)?.some((run) => run.answered) ?? false;
  }
  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
  #hold(request, response) {
    const jobId = String(request.headers["sluice-job-id"]);
    const attempt = String(request.headers["sluice-attempt"]);
    const run = { jobId, attempt, start: performance.now(), end: null, answered: false };
    const before = this.#runs.get(jobId) ?? [];
    for (const other of before.filter(({ end }) => end === null)) {
      this.overlaps.push(`${jobId}: attempt ${attempt} began while attempt ${other.attempt} was running`);
    }
    this.#runs.set(jobId, [...before, run]);
    request.resume();
    response.on("finish", () => (run.answered = true));
    response.on("close", () => (run.end = performance.now()));
    const holdMs = LEAST_HOLD_MS + Math.random() * (LONGEST_HOLD_MS - LEAST_HOLD_MS);
    const timer = setTimeout(() => response.writeHead(204).end(), holdMs);
    response.on("close", () => clearTimeout(timer));
  }
}
