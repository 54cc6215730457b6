import Table from "cli-table3";
import pc from "picocolors";
const NO_LINES = Object.fromEntries(["top", "bottom", "left", "right", "mid"].flatMap((side) => ["", "-mid", "-left", "-right"].map((place) => [`${side}${place}`, ""])));
/** Jobs, one to a line. */
export function jobTable(rows) {
    const table = new Table({
        head: ["JOB", "TYPE", "STATE", "TRIES", "WAIT", "RUN", "RESULT"].map((name) => pc.dim(name)),
        chars: { ...NO_LINES, middle: " " },
        style: { head: [], border: [], "padding-left": 1, "padding-right": 0 },
        colAligns: ["left", "left", "left", "right", "right", "right", "left"],
    });
    for (const { job, result } of rows) {
        table.push([
            `…${job.id.slice(-4)}`,
            job.type,
            job.state === "succeeded" ? pc.green(job.state) : pc.red(job.state),
            job.attempt,
            between(job.createdAt, job.startedAt),
            between(job.startedAt, job.finishedAt),
            result,
        ]);
    }
    return table.toString().replace(/ +$/gm, "");
}
function between(from, to) {
    return from === null || to === null ? "–" : duration(Date.parse(to) - Date.parse(from));
}
/** `count` of many, evenly spread from the first to the last. */
export function spread(items, count) {
    const step = Math.max(1, (items.length - 1) / (count - 1));
    const picked = new Set(Array.from({ length: count }, (_, index) => Math.round(index * step)));
    return items.filter((_, index) => picked.has(index));
}
/** Milliseconds for people. */
export function duration(ms) {
    return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
