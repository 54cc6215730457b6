import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { LOOPBACK } from "./port.ts";

/** What a debugger attaches to: passes everything on to the runtime's inspector, and knows when one is there. */
export interface InspectorRelay {
  /** Resolves when a debugger has attached, and has said what it wants: its breakpoints are set by then. */
  readonly attached: Promise<void>;
  close(): void;
}

/** A debugger that has said nothing for so long has set what it had to set. */
const QUIET_MS = 500;

/**
 * Listens for debuggers.
 * @param port where, as `freePort` has found it
 * @param inspectorPort where the runtime's inspector listens
 */
export function relayInspector(port: number, inspectorPort: number): Promise<InspectorRelay> {
  const sockets = new Set<Socket>();
  const { promise: attached, resolve } = Promise.withResolvers<void>();
  const server = createServer((client) => {
    const inspector = dial(inspectorPort, LOOPBACK);
    for (const socket of [client, inspector]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {
        client.destroy();
        inspector.destroy();
      });
    }
    client.pipe(inspector).pipe(client);
    whenQuiet(client, resolve);
  });
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return listening(server, port).then(() => ({ attached, close }));
}

// A request for the list of targets attaches nothing; what becomes a WebSocket does.
function whenQuiet(client: Socket, quiet: () => void): void {
  let isDebugger = false;
  let timer: NodeJS.Timeout | undefined;
  client.on("data", (bytes) => {
    isDebugger ||= /^upgrade: *websocket/im.test(bytes.toString("latin1"));
    clearTimeout(timer);
    if (isDebugger) timer = setTimeout(quiet, QUIET_MS);
  });
  client.on("close", () => clearTimeout(timer));
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
}
