import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { listen } from "../port.ts";

/** A request as it came in. */
export interface Delivery {
  readonly jobId: string;
  readonly attempt: number;
  readonly path: string;
  readonly event: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What it was answered. */
  readonly status: number;
}

/** What a path answers, given how many requests of the same job came before; 204 for every other path. */
const ANSWERS: Readonly<Record<string, (before: number) => number>> = {
  "/flaky": (before) => (before < 2 ? 500 : 204),
  "/dead": () => 500,
};

/** The outside world: an HTTP server that takes what jobs deliver, and writes down every request. */
export class Receiver {
  readonly #server: Server;
  readonly #byJob = new Map<string, Delivery[]>();
  readonly host: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.host = host;
    server.on("request", (request, response) => void this.#take(request, response));
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    return new Receiver(server, await listen(server));
  }

  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  /** The requests of a job, in the order in which they came. */
  of(jobId: string): readonly Delivery[] {
    return this.#byJob.get(jobId) ?? [];
  }

  /** The jobs that have called a path. */
  callers(path: string): string[] {
    return [...this.#byJob].filter(([, deliveries]) => deliveries.some((one) => one.path === path)).map(([id]) => id);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
    const jobId = header(request, "sluice-job-id");
    const path = request.url ?? "";
    const before = this.#byJob.get(jobId) ?? [];
    const status = ANSWERS[path]?.(before.length) ?? 204;
    const attempt = Number(header(request, "sluice-attempt"));
    const event = header(request, "x-github-event");
    this.#byJob.set(jobId, [...before, { jobId, attempt, path, event, bytes, sha256: hash.digest("hex"), status }]);
    response.writeHead(status).end(status === 500 ? "out of order" : undefined);
  }
}

function header(request: IncomingMessage, name: string): string {
  return String(request.headers[name] ?? "");
}
