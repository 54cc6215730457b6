import { createServer } from "node:http";
import { listen } from "../../../scripts/listen.ts";
export async function startReceiver() {
  const holding = new Set();
  const arrived = Promise.withResolvers();
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
