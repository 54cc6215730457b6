import { readFile } from "node:fs/promises";
import { demoClient } from "./client.ts";
import { finishedJob } from "./finished-jobs.ts";
/** The weather of Seattle, a line for each day of the years 2012 to 2015. */
const WEATHER = new URL("../data/seattle-weather.csv", import.meta.resolve("vega-datasets"));
/** What is asked of it, for each kind of weather. */
const AGGREGATES = [
    { op: "count", as: "days" },
    { op: "avg", column: "temp_max" },
    { op: "max", column: "temp_max" },
    { op: "sum", column: "precipitation" },
];
/** A CSV is uploaded and a job makes a report of it, which is compared with one that is computed here. */
export async function reportWeather({ callers, checks }) {
    const client = demoClient(callers.demo);
    const csv = await readFile(WEATHER, "utf8");
    const { id } = await client.blobs.put(csv, { contentType: "text/csv" });
    const payload = { csv: { blob: id }, groupBy: ["weather"], aggregates: AGGREGATES };
    const enqueued = await client.jobs.enqueue("report.csv", payload);
    const job = await finishedJob(client, enqueued, "report");
    const lines = csv.trim().split("\n").slice(1);
    const expected = weatherFigures(lines);
    const { rows = 0, groups = [], skipped } = job.result ?? {};
    checks.equal("report: state, errors", [job.state, job.errors], ["succeeded", []]);
    checks.equal("report: rows", rows, lines.length);
    checks.equal("report: cells left out", skipped, {});
    checks.equal("report: groups", groups.length, expected.length);
    const right = expected.filter((figures, index) => checks.equal(`report: ${figures.weather}`, rounded(groups[index] ?? {}), rounded(figures)));
    const told = `${rows.toLocaleString("en")} rows → ${groups.length} groups`;
    const days = groups.map(({ weather, days }) => `${weather} ${days}`).join(", ");
    const well = `${right.length}/${expected.length} as computed here`;
    return { rows: [{ job, result: told }], summary: `seattle-weather.csv, ${told}: ${days}; ${well}` };
}
/** Computed in whole tenths, which are exact: every value of the file has one decimal place. */
function weatherFigures(lines) {
    const days = lines.map((line) => {
        const [, precipitation, temperature, , , weather = ""] = line.split(",");
        return { weather, rain: tenths(precipitation), heat: tenths(temperature) };
    });
    return [...Map.groupBy(days, ({ weather }) => weather)].map(([weather, days]) => ({
        weather,
        days: days.length,
        avg_temp_max: sum(days.map(({ heat }) => heat)) / 10 / days.length,
        max_temp_max: Math.max(...days.map(({ heat }) => heat)) / 10,
        sum_precipitation: sum(days.map(({ rain }) => rain)) / 10,
    }));
}
function tenths(value = "") {
    return Math.round(Number(value) * 10);
}
function sum(numbers) {
    return numbers.reduce((sum, one) => sum + one, 0);
}
/** To nine places: behind them, a sum of fractions depends on the order in which they are added. */
function rounded(figures) {
    const places = (value) => (typeof value === "number" ? Number(value.toFixed(9)) : value);
    return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, places(value)]));
}
