import { LOOPBACK } from "../src/cli/port.ts";
/** Has a server listen on a port that is free; resolves to its "host:port". */
export async function listen(server) {
    await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, LOOPBACK, resolve);
    });
    const address = server.address();
    return `${LOOPBACK}:${typeof address === "object" ? address?.port : ""}`;
}
