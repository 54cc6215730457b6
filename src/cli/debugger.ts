import { ask, isAskable } from "./confirm.ts";
import { relayInspector } from "./inspector-relay.ts";
import { freePort, LOOPBACK } from "./port.ts";

/** How a debugger is let in. */
export interface DebugOptions {
  /** Where it attaches. */
  readonly port: number;
  /** Nothing runs before it has. */
  readonly waits: boolean;
}

/** A place where a debugger can attach to a runtime that is started with this inspector's port. */
export interface Debugger {
  readonly inspectorPort: number;
  /** Says where to attach, and resolves when whoever debugs is ready. */
  ready(): Promise<void>;
  close(): void;
}

/**
 * Opens that place.
 * @throws CliError when the port is in use
 */
export async function openDebugger({ port: wanted, waits }: DebugOptions): Promise<Debugger> {
  const port = await freePort(wanted, waits ? "--inspect-brk=<port>" : "--inspect=<port>");
  const inspectorPort = await freePort();
  const relay = await relayInspector(port, inspectorPort);
  return {
    inspectorPort,
    async ready() {
      console.error(
        `the inspector is on ${LOOPBACK}:${port} (chrome://inspect, or "attach" in an editor; http://${LOOPBACK}:${port}/json)`,
      );
      if (!waits) return;
      console.error("waiting for a debugger");
      await relay.attached;
      if (isAskable({})) await ask("a debugger has attached: set breakpoints, then press Enter to run the job ");
    },
    close: () => relay.close(),
  };
}
