import { z } from "zod";
import { serviceHandler } from "../../../src/handlers/service-handler.ts";
import { createSluice, defineHandler } from "../../../src/sluice.ts";

const named = z.object({ name: z.string().min(1) });
const anything = z.unknown();
const atOnce = { base: "1ms", cap: "1ms", maxAttempts: 3 } as const;

export const handlers = [
  defineHandler({ type: "greet", input: named, run: ({ name }) => `hello ${name}` }),
  defineHandler({ type: "echo", input: anything, run: (payload) => payload }),
  serviceHandler({ type: "team.greet", input: named, binding: "TEAM", result: z.string() }),
  serviceHandler({ type: "team.echo", input: anything, binding: "TEAM", method: "echo" }),
  serviceHandler({ type: "team.told", input: anything, binding: "TEAM", method: "told" }),
  serviceHandler({ type: "team.resumes", input: anything, binding: "TEAM", method: "resumes" }),
  serviceHandler({ type: "team.shout", input: anything, binding: "TEAM", method: "shout" }),
  serviceHandler({ type: "team.throws", input: anything, binding: "TEAM", method: "throws", retry: atOnce }),
  serviceHandler({ type: "legacy.throws", input: anything, binding: "LEGACY", method: "throws", retry: atOnce }),
  serviceHandler({ type: "plain.throws", input: anything, binding: "PLAIN", method: "throws", retry: atOnce }),
  serviceHandler({ type: "plain.greet", input: named, binding: "PLAIN", method: "greet" }),
  serviceHandler({ type: "team.number", input: anything, binding: "TEAM", method: "echo", result: z.number() }),
  serviceHandler({ type: "team.symbol", input: anything, binding: "TEAM", method: "symbol" }),
  serviceHandler({ type: "team.exotic", input: anything, binding: "TEAM", method: "exotic" }),
  serviceHandler({ type: "team.patient", input: named, binding: "TEAM", method: "patient" }),
  serviceHandler({
    type: "team.slow",
    input: named,
    binding: "TEAM",
    method: "patient",
    timeout: "200ms",
    retry: { maxAttempts: 1 },
  }),
  serviceHandler({ type: "team.nothing", input: anything, binding: "TEAM", method: "nothing", retry: atOnce }),
  serviceHandler({ type: "nobody.greet", input: anything, binding: "NOBODY" }),
  serviceHandler({ type: "text.greet", input: anything, binding: "NOT_A_SERVICE" }),
];

const sluice = createSluice({ handlers });

export { TenantGate } from "../../../src/gate/tenant-gate.ts";
export const { SluiceService } = sluice;
export default sluice;
