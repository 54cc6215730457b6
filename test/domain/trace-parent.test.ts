import { describe, expect, it } from "vitest";
import { childTraceParent, readTraceParent, traceIdOf } from "../../src/domain/trace-parent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const HEADER = `00-${TRACE}-${SPAN}-01`;

describe("a traceparent header", () => {
  it.each([
    [HEADER, HEADER],
    [` ${HEADER} `, HEADER],
    [`01-${TRACE}-${SPAN}-01-what-the-future-brings`, HEADER],
    [`cc-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-00`],
  ])("%s is taken", (header, taken) => {
    expect(readTraceParent(header)).toBe(taken);
  });

  it.each([
    undefined,
    "",
    "garbage",
    `ff-${TRACE}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `${HEADER}-more`,
    `00-${TRACE}-${SPAN}`,
    `01-${TRACE}-${SPAN}-01more`,
    `${HEADER}, ${HEADER}`,
  ])("%s is none", (header) => {
    expect(readTraceParent(header)).toBeNull();
  });

  it("is sent on with another span of the same trace", () => {
    const child = childTraceParent(HEADER, "1111111111111111");
    expect(child).toBe(`00-${TRACE}-1111111111111111-01`);
    expect(traceIdOf(child)).toBe(TRACE);
  });
});
