import { createServer, type Server } from "node:net";

export const LOOPBACK = "127.0.0.1";

/**
 * The port that is wanted, or for 0 one that is free.
 * @throws Error when it is in use: wrangler would not say so clearly, or take another one
 */
export function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(new Error(`Port ${wanted} on ${LOOPBACK} is in use`, { cause })));
    server.listen({ port: wanted, host: LOOPBACK }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : wanted));
    });
  });
}

/** Has a server listen on a port that is free; resolves to its "host:port". */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOOPBACK, resolve);
  });
  const address = server.address();
  return `${LOOPBACK}:${typeof address === "object" ? address?.port : ""}`;
}
