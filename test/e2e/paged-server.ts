import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { listen } from "../../scripts/listen.ts";
import type { PagedApi } from "../support/paged-api.ts";

const PAGE_MS = 15;

/** Serves an API's pages, and is told which followers are asked for, over HTTP. */
export class PagedServer {
  readonly #server: Server;
  readonly #api: PagedApi;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  /** After which followers more were asked for, call by call. */
  readonly followersAfter: string[] = [];
  readonly host: string;

  private constructor(server: Server, host: string, api: PagedApi) {
    this.#server = server;
    this.#api = api;
    this.host = host;
    server.on("request", (request, response) => this.#answer(request, response));
  }

  static async start(api: PagedApi): Promise<PagedServer> {
    const server = createServer();
    return new PagedServer(server, await listen(server), api);
  }

  /** Resolves at the moment of the n-th request, pages and followers together. */
  async request(count: number): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  get requests(): number {
    return this.#api.asked.length + this.followersAfter.length;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", `http://${this.host}`);
    const respond = url.pathname.startsWith("/followers/")
      ? this.#followers(url, response)
      : this.#page(url, request, response);
    const timer = setTimeout(respond, PAGE_MS);
    response.on("close", () => clearTimeout(timer));
    for (const { count, resolve } of this.#waiting) if (this.requests >= count) resolve();
  }

  #followers(url: URL, response: ServerResponse): () => void {
    this.followersAfter.push(url.pathname.slice("/followers/".length));
    return () => response.end("go on");
  }

  #page(url: URL, request: IncomingMessage, response: ServerResponse): () => void {
    const headers = new Headers(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]),
    );
    const { status, headers: own, body, isDropped = false } = this.#api.answer(url, headers);
    return () => {
      if (!isDropped) return response.writeHead(status, own).end(body);
      response.writeHead(status, { ...own, "Content-Length": body.length });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
    };
  }
}
