import { z } from "zod";
import { defineHandler } from "../../src/domain/handler.ts";
import { createSluice } from "../../src/sluice.ts";

export { TenantGate } from "../../src/gate/tenant-gate.ts";

/** Does nothing: what is measured with it is Sluice alone. */
const noop = defineHandler({ type: "noop", input: z.unknown(), timeout: "10s", run: () => undefined });

/** Waits, as most jobs do, for somebody else. */
const call = defineHandler({ type: "call", input: z.unknown(), timeout: "10s", run: () => scheduler.wait(20) });

export default createSluice({ handlers: [noop, call] });
