import { createHash } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { Webhook } from "standardwebhooks";
import { listen } from "../listen.ts";

/** A request as it came in. */
export interface Delivery {
  readonly attempt: number;
  readonly path: string;
  readonly event: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Standard Webhooks: what a receiver deduplicates on. */
  readonly webhookId: string;
  /** Whether it is signed with the secret that is trusted, as the library of Standard Webhooks sees it. */
  readonly verified: boolean;
  /** What it was answered. */
  readonly status: number;
}

/** What a path answers, given how many requests of the same job came before; 204 for every other path. */
const ANSWERS: Readonly<Record<string, (before: number) => number>> = {
  "/flaky": (before) => (before < 2 ? 500 : 204),
  "/signed": (before) => (before < 2 ? 500 : 204),
  "/dead": () => 500,
};

/** Here nothing is taken that is not signed. */
const SIGNED = "/signed";

const REASONS: Readonly<Record<number, string>> = { 401: "wrong signature", 500: "out of order" };

/** The outside world: an HTTP server that takes what jobs deliver, and writes down every request. */
export class Receiver {
  readonly #server: Server;
  readonly #byJob = new Map<string, Delivery[]>();
  #webhook: Webhook | null = null;
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

  /** @param secret `whsec_…`: from now on it is what signatures are verified with */
  trust(secret: string): void {
    this.#webhook = new Webhook(secret);
  }

  /** The requests of a job, in the order in which they came. */
  of(jobId: string): readonly Delivery[] {
    return this.#byJob.get(jobId) ?? [];
  }

  /** What the requests of a job were answered. */
  answers(jobId: string): number[] {
    return this.of(jobId).map(({ status }) => status);
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
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    const { headers, url: path = "" } = request;
    const jobId = header(headers, "sluice-job-id");
    const before = this.#byJob.get(jobId) ?? [];
    const verified = this.#verifies(body, headers);
    const status = path === SIGNED && !verified ? 401 : (ANSWERS[path]?.(before.length) ?? 204);
    const delivery = {
      attempt: Number(header(headers, "sluice-attempt")),
      path,
      event: header(headers, "x-github-event"),
      bytes: body.byteLength,
      sha256: createHash("sha256").update(body).digest("hex"),
      webhookId: header(headers, "webhook-id"),
      verified,
      status,
    };
    this.#byJob.set(jobId, [...before, delivery]);
    response.writeHead(status).end(REASONS[status]);
  }

  #verifies(body: Buffer, headers: IncomingHttpHeaders): boolean {
    if (this.#webhook === null) return false;
    try {
      this.#webhook.verify(body, headers as Record<string, string>, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  }
}

function header(headers: IncomingHttpHeaders, name: string): string {
  return String(headers[name] ?? "");
}
