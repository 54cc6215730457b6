import { markdownTable } from "../markdown-table.ts";
import { jobSize } from "./job-size.ts";
import { findKnee } from "./knee.ts";
import { linePlot } from "./line-plot.ts";
import { atLoad, BASE_LOAD } from "./parameters.ts";
import { BATCHES, D1_TIMES, DESIGNS, NOT_BUILT, ONE_AT_A_TIME, SETTINGS } from "./scenarios.ts";
import { simulate } from "./simulate.ts";
import { SOURCES } from "./sources.ts";
import { kneeTable, loadTable, sizeTable } from "./tables.ts";
/** The generated parts of docs/scale.md, by name. */
export function scaleTables() {
    const sluice = DESIGNS.slice(0, 1);
    return {
        size: sizes(),
        parameters: markdownTable(SOURCES, 4),
        loads: loads([1, 10, 100], DESIGNS),
        settings: loads([10, 100], SETTINGS),
        knees: knees([...DESIGNS, ...BATCHES]),
        "settings-knees": knees([...sluice, ...SETTINGS]),
        "one-at-a-time": knees(ONE_AT_A_TIME),
        "d1-times": knees(D1_TIMES),
        "not-built": knees([...sluice, ...NOT_BUILT]),
    };
}
/** Scenarios at multiples of the base load. */
export function loads(multiples, scenarios) {
    return loadTable(multiples.flatMap((multiple) => scenarios.map(({ name, parameters }) => ({
        load: `${multiple}×`,
        name,
        observed: simulate(atLoad(parameters, multiple * BASE_LOAD)),
    }))));
}
const found = new Map();
function knees(scenarios) {
    return kneeTable(scenarios.map(({ name, parameters }) => {
        const knee = found.get(parameters) ?? findKnee(parameters);
        found.set(parameters, knee);
        return { name, knee };
    }));
}
function sizes() {
    return sizeTable([100, 300, 600, 1000, 4000, 32000].map((payload) => ({ payload, job: jobSize(payload) })));
}
const COLORS = ["#1a7f37", "#0969da", "#bc4c00", "#8250df"];
const LOADS = [10, 20, 40, 60, 80, 100, 120, 150, 200, 300, 400, 500, 600, 800, 1000, 1200, 1400, 1600, 2000];
const LONGEST_MS = 30000;
const x = {
    title: "requests per second",
    ticks: [10, 20, 50, 100, 200, 500, 1000, 2000].map((at) => ({ at, label: at.toLocaleString("en-US") })),
};
const y = {
    title: "99 of 100 wait less",
    ticks: [
        { at: 10, label: "10 ms" },
        { at: 100, label: "100 ms" },
        { at: 1000, label: "1 s" },
        { at: 10000, label: "10 s" },
        { at: LONGEST_MS, label: "30 s" },
    ],
};
/** docs/scale.svg: how long jobs wait as the load grows, for each design. */
export function scalePlot() {
    const seen = DESIGNS.map(({ name, parameters }, index) => {
        const points = [];
        for (const load of LOADS) {
            const { enqueue, endToEnd } = simulate(atLoad(parameters, load));
            points.push({ load, enqueue: enqueue.p99, endToEnd: endToEnd.p99 });
            if (Math.min(enqueue.p99, endToEnd.p99) > LONGEST_MS)
                break;
        }
        return { name, color: COLORS[index] ?? "#333", points };
    });
    const panel = (title, value) => ({
        title,
        lines: seen.map(({ name, color, points }) => ({
            name,
            color,
            points: points.map((point) => [point.load, point[value]]),
        })),
    });
    return linePlot([panel("From request to answer", "enqueue"), panel("From request to end", "endToEnd")], x, y);
}
