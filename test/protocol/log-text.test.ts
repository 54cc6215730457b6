import { expect, it } from "vitest";
import { logText } from "../../src/protocol/log-text.ts";

it("a line of a job's log says when, in which attempt and what, with its details", () => {
  const line = { attempt: 2, at: "2026-11-21T09:15:02.120Z", level: "warn", message: "slow" } as const;
  expect(logText(line)).toBe("09:15:02.120 #2 warn slow");
  const fields = { ms: 900, to: "a b", of: null };
  expect(logText({ ...line, fields })).toBe('09:15:02.120 #2 warn slow ms=900 to="a b" of=null');
});
