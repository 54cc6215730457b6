import { describe, expect, it } from "vitest";
import airports from "../../node_modules/vega-datasets/data/airports.csv?raw";
import seattleWeather from "../../node_modules/vega-datasets/data/seattle-weather.csv?raw";
import zipcodes from "../../node_modules/vega-datasets/data/zipcodes.csv?raw";
import type { Jobs } from "../../src/domain/registry.ts";
import { type Report, reportCsv } from "../../src/handlers/report-csv.ts";
import { MemoryBlobs } from "../../src/testing/memory-blobs.ts";
import { runHandler } from "../../src/testing/run-handler.ts";
import { readPage } from "../support/report-page.ts";

type Payload = Jobs<[typeof reportCsv]>["report.csv"]["payload"];
const COUNT = [{ op: "count" as const }];

/** The page that a job has made, and its result. */
async function page(payload: Payload, blobs = new MemoryBlobs()): Promise<{ html: string; report: Report }> {
  const outcome = await runHandler(reportCsv, { ...payload, format: "html" }, { blobs });
  if (outcome.kind !== "succeeded") throw new Error(JSON.stringify(outcome));
  const report = outcome.result as Report;
  const { body, contentType } = await blobs.get(report.html!);
  expect(contentType).toBe("text/html; charset=utf-8");
  return { html: await new Response(body).text(), report };
}

const csvOf = (cells: readonly string[]) =>
  `name,n\n${cells.map((cell) => `"${cell.replaceAll('"', '""')}",1\n`).join("")}`;

describe("the page of 42,049 zip codes", () => {
  // The file has quotes around no field: a line's parts are its fields.
  const rows = zipcodes
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","));

  it("has the figures that are computed here", async () => {
    const { html, report } = await page({
      csv: zipcodes,
      groupBy: ["state"],
      aggregates: [
        { op: "count", as: "codes" },
        { op: "min", column: "latitude", as: "southernmost" },
        { op: "max", column: "longitude", as: "easternmost" },
        { op: "avg", column: "latitude", as: "middle" },
      ],
      orderBy: { name: "codes", direction: "desc" },
    });
    expect(rows.length).toBeGreaterThan(40_000);
    const expected = [...Map.groupBy(rows, (row) => row[4]!)].map(([state, codes]) => {
      const latitudes = codes.map((row) => Number(row[1]));
      const middle = latitudes.reduce((sum, one) => sum + one, 0) / codes.length;
      const easternmost = Math.max(...codes.map((row) => Number(row[2])));
      return { state, codes: codes.length, southernmost: Math.min(...latitudes), easternmost, middle };
    });
    const { table, text } = await readPage(html);
    expect(report).toMatchObject({ rows: rows.length, groupCount: expected.length });
    expect(text).toContain(`42,049 rows in ${expected.length} groups`);
    expect(table.columns).toEqual(["state", "codes", "southernmost", "easternmost", "middle"]);
    expect(table.rows).toHaveLength(expected.length);
    const sorted = (states: readonly string[]) => states.toSorted().join();
    expect(sorted(table.rows.map(({ texts }) => texts[0]!))).toBe(sorted(expected.map(({ state }) => state)));
    expect(table.rows.map(({ numbers }) => numbers[0])).toEqual(
      expected.map(({ codes }) => codes).toSorted((a, b) => b - a),
    );
    for (const { texts, numbers } of table.rows) {
      const { state, codes, southernmost, easternmost, middle } = expected.find(({ state }) => state === texts[0])!;
      expect([state, numbers]).toEqual([state, [codes, southernmost, easternmost, expect.closeTo(middle, 9)]]);
    }
  });

  it("is the same when the job is tried again after its file broke off", async () => {
    const kept = new MemoryBlobs();
    const csv = await kept.put(zipcodes, { contentType: "text/csv" });
    let pulls = 0;
    const breaking = (body: ReadableStream<Uint8Array>) =>
      body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (chunk, controller) => {
            if (++pulls === 1) controller.enqueue(chunk.slice(0, 100_000));
            controller.error(new Error("Network connection lost."));
          },
        }),
      );
    const flaky = {
      put: kept.put.bind(kept),
      get: async (ref: { blob: string }) => {
        const content = await kept.get(ref);
        return { ...content, body: breaking(content.body) };
      },
    };
    const payload = { csv, groupBy: ["state"], aggregates: COUNT, format: "html" as const };
    expect(await runHandler(reportCsv, payload, { blobs: flaky })).toMatchObject({ kind: "retry" });
    const { html } = await page({ ...payload, csv: zipcodes });
    expect((await page(payload, kept)).html).toBe(html);
  });
});

describe("the page", () => {
  it("shows a thousand groups, and says that there are more", async () => {
    const { html, report } = await page({ csv: airports, groupBy: ["name"], aggregates: COUNT });
    const { table, text } = await readPage(html);
    expect(report.groups.length).toBe(report.groupCount);
    expect(table.rows).toHaveLength(1_000);
    expect(table.rows.map(({ texts }) => texts[0])).toEqual(report.groups.slice(0, 1_000).map(({ name }) => name));
    expect(text).toContain(`The first 1,000 of ${report.groupCount.toLocaleString("en-US")} groups`);
    expect(text).toContain(`count by name, the first 40 of ${report.groupCount.toLocaleString("en-US")}`);
  });

  it("says so when a limit has left groups out", async () => {
    const { html } = await page({ csv: airports, groupBy: ["state"], aggregates: COUNT, limit: 3 });
    const { text } = await readPage(html);
    expect(text).toContain("3,376 rows in 57 groups, of which these are the first 3");
  });

  const attacks = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></svg></style><script>alert(2)</script>",
    "'onmouseover='alert(1)",
    "&lt;b&gt;",
    "<!-- -->]]>",
    "\u0000\u001b[31m",
  ];

  it("shows whatever a CSV holds as text, in names, cells and labels", async () => {
    const [first = "", ...others] = attacks;
    const header = `"${attacks[1]!.replaceAll('"', '""')}","${attacks[2]}"`;
    const csv = `${header}\n${attacks.map((cell) => `"${cell.replaceAll('"', '""')}",1\n`).join("")}`;
    for (const type of ["bar", "line"] as const) {
      const { html } = await page({
        csv,
        title: first,
        groupBy: [attacks[1]!],
        aggregates: [{ op: "sum", column: attacks[2]!, as: others.at(-2)! }],
        chart: { type },
      });
      const { table, elements, attributes } = await readPage(html);
      expect(table.rows.map(({ texts }) => texts[0])).toEqual([...attacks.slice(0, 6), "��[31m"]);
      expect(table.columns).toEqual([attacks[1], others.at(-2)]);
      expect(elements).not.toContain("script");
      expect(elements).not.toContain("img");
      expect(attributes.filter((name) => name.startsWith("on"))).toEqual([]);
    }
  });

  it("tells programs and readers what its chart and its table are", async () => {
    const { html } = await page({
      csv: seattleWeather,
      title: "Weather of Seattle",
      groupBy: ["weather"],
      aggregates: [{ op: "count", as: "days" }],
    });
    const { text, table } = await readPage(html);
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('role="img" aria-labelledby="chart-title chart-desc"');
    expect(html).toContain('<title id="chart-title">days by weather</title>');
    expect(text).toContain("5 bars, from 26 (snow) to 641 (rain). The table below has all figures.");
    expect(table.caption).toBe("Figures by weather");
    // It loads nothing.
    expect(html).not.toMatch(/\s(?:src|href)=|url\(/);
  });

  it("draws each bar as long as its value, from 0 on", async () => {
    const csv = "kind,n\na,40\nb,-20\nc,\nd,10\n";
    const { html } = await page({ csv, groupBy: ["kind"], aggregates: [{ op: "sum", column: "n" }] });
    const widths = [...html.matchAll(/<rect x="([\d.]+)" [^>]*width="([\d.]+)"/g)].map(([, x, width]) => [x, width]);
    const [a, b, d] = widths.map(([x, width]) => ({ x: Number(x), width: Number(width) }));
    expect(widths).toHaveLength(3);
    expect(a!.width / d!.width).toBeCloseTo(4, 1);
    expect(a!.width / b!.width).toBeCloseTo(2, 1);
    expect(b!.x + b!.width).toBeCloseTo(a!.x, 1);
    expect((await readPage(html)).table.rows.map(({ numbers }) => numbers[0])).toEqual([40, -20, null, 10]);
  });

  it("breaks a line where there is no value", async () => {
    const csv = "day,n\n1,40\n2,42\n3,\n4,41\n5,45\n";
    const aggregates = [{ op: "sum" as const, column: "n" }];
    const { html } = await page({ csv, groupBy: ["day"], aggregates, chart: { type: "line" } });
    const [, path = ""] = /<path d="([^"]*)"/.exec(html) ?? [];
    expect(path.replace(/[\d. ]+/g, "")).toBe("MLML");
  });

  it.each([
    ["no group", "a,b\n", ["a"]],
    ["no value", "a,b\nx,?\n", ["a"]],
    ["nothing grouped", "a,b\nx,1\n", []],
    ["the largest numbers", "a,b\nx,1.7e308\ny,-1.7e308\n", ["a"]],
    ["the smallest numbers", "a,b\nx,5e-324\ny,0\n", ["a"]],
  ])("has no hole where there is: %s", async (_, csv, groupBy) => {
    for (const type of ["bar", "line"] as const) {
      const { html } = await page({ csv, groupBy, aggregates: [{ op: "sum", column: "b" }], chart: { type } });
      expect(html).not.toMatch(/NaN|undefined|Infinity|∞/);
    }
  });

  it("is not made by default, and is long but bounded at most", async () => {
    const outcome = await runHandler(reportCsv, { csv: "a\n1\n", aggregates: COUNT });
    expect(outcome).toMatchObject({ kind: "succeeded", result: { groups: [{ count: 1 }] } });
    expect(JSON.stringify(outcome)).not.toContain("html");
    const cells = Array.from({ length: 1_200 }, (_, n) => `${n}${"<".repeat(1_500)}`);
    const { html } = await page({ csv: csvOf(cells), groupBy: ["name"], aggregates: COUNT });
    expect(html.length).toBeLessThan(2_500_000);
  });
});

describe("a payload", () => {
  const problems = (payload: unknown) =>
    reportCsv.input.safeParse(payload).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  const base = { csv: "", aggregates: [{ op: "count" }] };

  it.each([
    ['title: is for format: "html" only', { ...base, title: "x" }],
    ['chart: is for format: "html" only', { ...base, format: "json", chart: {} }],
    ["chart.value: no aggregate's result has this name", { ...base, format: "html", chart: { value: "sum" } }],
    ['chart.type: Invalid option: expected one of "bar"|"line"', { ...base, format: "html", chart: { type: "pie" } }],
    ['format: Invalid option: expected one of "json"|"html"', { ...base, format: "pdf" }],
  ])("is refused, saying %s", (problem, payload) => {
    expect(problems(payload)).toEqual([problem]);
  });
});
