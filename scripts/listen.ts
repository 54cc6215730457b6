import type { Server } from "node:net";
import { LOOPBACK } from "../src/cli/port.ts";

/** Has a server listen on a port that is free; resolves to its "host:port". */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOOPBACK, resolve);
  });
  const address = server.address();
  return `${LOOPBACK}:${typeof address === "object" ? address?.port : ""}`;
}
