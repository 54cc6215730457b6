import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { listen } from "../listen.ts";

interface Answer {
  readonly status: number;
  readonly afterMs: number;
}

const MAIL_MS = 900;
const OTHERS_MS = 60;

/** By path, given how many requests came before: a mail server that takes its time, and two that do not always work. */
const ANSWERS: Readonly<Record<string, (before: number) => Answer>> = {
  "/mail": () => ({ status: 202, afterMs: MAIL_MS }),
  "/crm": (before) => ({ status: before % 8 === 0 ? 503 : 200, afterMs: OTHERS_MS }),
  "/crm/closed-account": () => ({ status: 503, afterMs: OTHERS_MS }),
  "/invoices": (before) => ({ status: before % 37 === 20 ? 422 : 201, afterMs: OTHERS_MS }),
};

/** The services that jobs of the pictures deliver to. */
export class Partners {
  readonly #server: Server;
  readonly #requests = new Map<string, number>();
  readonly host: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.host = host;
    server.on("request", (request, response) => this.#answer(request, response));
  }

  static async start(): Promise<Partners> {
    const server = createServer();
    return new Partners(server, await listen(server));
  }

  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "/";
    const before = this.#requests.get(path) ?? 0;
    this.#requests.set(path, before + 1);
    const { status, afterMs } = ANSWERS[path]?.(before) ?? { status: 404, afterMs: 0 };
    request.resume();
    setTimeout(() => response.writeHead(status).end(), afterMs);
  }
}
