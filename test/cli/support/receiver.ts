import { createServer, type ServerResponse } from "node:http";
import { listen } from "../../../scripts/listen.ts";

/** What jobs call: `/ok` answers, `/fail` answers 500, `/hold` answers when it is told to. */
export interface Receiver {
  url(path: "/ok" | "/fail" | "/hold"): string;
  /** Resolves when the first request is being held. */
  held(): Promise<void>;
  /** Answers what is held, and holds nothing from now on. */
  release(): void;
  close(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const holding = new Set<ServerResponse>();
  const arrived = Promise.withResolvers<void>();
  let open = false;
  const server = createServer((request, response) => {
    if (request.url === "/fail") response.writeHead(500).end("out of order");
    else if (request.url === "/ok" || open) response.writeHead(200, { "Content-Type": "text/plain" }).end("thanks");
    else {
      holding.add(response);
      arrived.resolve();
    }
  });
  const host = await listen(server);
  return {
    url: (path) => `http://${host}${path}`,
    held: () => arrived.promise,
    release() {
      open = true;
      for (const response of holding) response.writeHead(200).end();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
