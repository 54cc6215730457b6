import { createServer } from "node:net";
import { CliError } from "./cli-error.ts";

export const LOOPBACK = "127.0.0.1";

/**
 * The port that is wanted, or for 0 one that is free.
 * @param option which one says what is wanted
 * @throws CliError when it is in use: wrangler would not say so clearly, or take another one
 */
export function freePort(wanted = 0, option = "--port"): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(portError(wanted, option, cause)));
    server.listen({ port: wanted, host: LOOPBACK }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : wanted));
    });
  });
}

function portError(port: number, option: string, cause: NodeJS.ErrnoException): CliError {
  const why = cause.code === "EADDRINUSE" ? `is in use: ${option} takes another` : `cannot be used (${cause.code})`;
  return new CliError("port", `port ${port} on ${LOOPBACK} ${why}`, undefined, { cause });
}
