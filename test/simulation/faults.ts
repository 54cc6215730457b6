import type { Decide, Fault } from "./process.ts";

/** Calls that a fault can be meant for. */
export const TARGETS = ["any", "gate write", "gate read", "claim", "finish", "settle", "send", "alarm", "api"] as const;
export type Target = (typeof TARGETS)[number];

/** A fault of some of the calls that are made from now on. */
export interface ArmedFault {
  readonly fault: Fault;
  readonly on: Target;
  /** So many calls of that kind go well before it. */
  readonly after: number;
  readonly calls: number;
}

/** Decides as `before` does, except over the calls that a fault is meant for. */
export function withFault({ fault, on, after, calls }: ArmedFault, before: Decide): Decide {
  let made = 0;
  return (process, call, statements) => {
    const isMeant = made < after + calls && MEANT[on](process.name, call, statements) && ++made > after;
    return isMeant ? fault : before(process, call, statements);
  };
}

const writes = (statements: readonly string[]) => statements.some((sql) => /^\s*(INSERT|UPDATE|DELETE)/.test(sql));

const MEANT: Record<Target, (process: string, call: string, statements: readonly string[]) => boolean> = {
  any: () => true,
  "gate write": (process, call, statements) => process.startsWith("gate") && call === "D1" && writes(statements),
  "gate read": (process, call, statements) => process.startsWith("gate") && call === "D1" && !writes(statements),
  claim: (process, _, statements) =>
    process.startsWith("consumer") && statements.some((sql) => sql.includes("state = 'running', attempt")),
  finish: (process, _, statements) =>
    process.startsWith("consumer") && statements.some((sql) => sql.includes("failures = failures +")),
  settle: (_, call) => call === "settle",
  send: (_, call) => call === "send",
  alarm: (_, call) => call.endsWith("Alarm"),
  api: (process) => process.startsWith("api"),
};
