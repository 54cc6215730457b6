import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { withGenerated } from "../../../bench/scale/generated.ts";
import { jobSize } from "../../../bench/scale/job-size.ts";
import { findKnee } from "../../../bench/scale/knee.ts";
import { linePlot } from "../../../bench/scale/line-plot.ts";
import { loads } from "../../../bench/scale/report.ts";
import { DESIGNS } from "../../../bench/scale/scenarios.ts";

describe("the page about scale", () => {
  it("is written the same from the same seed, byte for byte", () => {
    const first = loads([1, 10], DESIGNS);
    expect(loads([1, 10], DESIGNS)).toBe(first);
  });

  it("has the figures that the simulation gives", () => {
    const cells = (table: string) => table.split("\n").map((row) => row.replace(/ +/g, " "));
    const page = cells(readFileSync("docs/scale.md", "utf8"));
    expect(page).toEqual(expect.arrayContaining(cells(loads([1, 10], DESIGNS)).slice(2)));
  });

  it("keeps what is not generated", () => {
    const page = "before\n<!-- generated: a -->\nold\n<!-- end -->\nbetween\n<!-- generated: b -->\n<!-- end -->\n";
    const once = withGenerated(page, { a: "new", b: "other" });
    expect(once).toBe(
      "before\n<!-- generated: a -->\n\nnew\n\n<!-- end -->\nbetween\n<!-- generated: b -->\n\nother\n\n<!-- end -->\n",
    );
    expect(withGenerated(once, { a: "new", b: "other" })).toBe(once);
    expect(() => withGenerated(page, { c: "nowhere" })).toThrow('put "<!-- generated: c -->"');
  });
});

describe("a knee", () => {
  it("lies where D1 has time for no more, when each job is alone", () => {
    const alone = DESIGNS.find(({ name }) => name === "each job alone");
    const knee = findKnee(alone!.parameters);
    const { writeMs, rowMs } = alone!.parameters.d1;
    const most = 1_000 / (3 * writeMs + 4 * rowMs);
    expect(Math.abs(knee.jobsPerSecond / most - 1)).toBeLessThan(0.06);
    expect(knee.observed.utilisation.d1).toBeGreaterThan(0.95);
  });
});

describe("a plot", () => {
  it("draws each line between its axes", () => {
    const axis = { title: "x", ticks: [1, 10, 100].map((at) => ({ at, label: `${at}` })) };
    const lines = [
      {
        name: "line",
        color: "#000",
        points: [
          [1, 1],
          [10, 10],
          [100, 100],
        ] as const,
      },
    ];
    const svg = linePlot([{ title: "panel", lines }], axis, axis);
    const points =
      /points="([^"]+)"/
        .exec(svg)?.[1]
        ?.split(" ")
        .map((point) => point.split(",").map(Number)) ?? [];
    const [left, middle, right] = points;
    expect(middle?.[0]).toBeCloseTo(((left?.[0] ?? 0) + (right?.[0] ?? 0)) / 2, 1);
    expect(middle?.[1]).toBeCloseTo(((left?.[1] ?? 0) + (right?.[1] ?? 0)) / 2, 1);
    expect(left?.[1]).toBeGreaterThan(right?.[1] ?? Number.POSITIVE_INFINITY);
  });
});

describe("the size of a job", () => {
  it("is some hundred bytes and its payload, or a page more when the row is large", () => {
    expect(jobSize(100)).toBeLessThan(500);
    expect(jobSize(500)).toBeLessThan(1_000);
    expect(jobSize(1_000)).toBeGreaterThan(4_096);
  });
});
