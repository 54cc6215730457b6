import { markdownTable } from "../markdown-table.ts";
import { isCarried, type Knee } from "./knee.ts";
import { BASE_LOAD } from "./parameters.ts";
import type { Observed, Quantiles } from "./simulate.ts";

/** What was seen of a scenario at a load. */
export interface Run {
  readonly load: string;
  readonly name: string;
  readonly observed: Observed;
}

/** A row for each run: what was carried, how busy everything was, and how long jobs waited. */
export function loadTable(runs: readonly Run[]): string {
  const header = [
    "load",
    "",
    "carried/s",
    "gate",
    "D1",
    "Queue",
    "jobs an insert",
    "jobs a message",
    "D1 writes a job",
  ];
  const delays = ["enqueue p50", "p99", "end to end p50", "p99"];
  const rows = runs.map(({ load, name, observed }) => [
    load,
    name,
    count(observed.carried),
    ...shares(observed),
    observed.jobsPerInsert.toFixed(1),
    observed.jobsPerMessage.toFixed(1),
    observed.d1WritesPerJob.toFixed(1),
    ...delay(observed.enqueue, observed.answered >= 0.98 * observed.offered || observed.enqueue.p99 < 1_000),
    ...delay(observed.endToEnd, isCarried(observed)),
  ]);
  return markdownTable([[...header, ...delays], ...rows], 2);
}

/** A row for each scenario: the most that it carries. */
export function kneeTable(knees: readonly { readonly name: string; readonly knee: Knee }[]): string {
  const header = ["", "carries up to, jobs/s", "gate", "D1", "Queue", "enqueue p99 there", "end to end p99"];
  const rows = knees.map(({ name, knee }) => [
    name,
    knee.beyond ? `more than ${count(knee.jobsPerSecond)}` : count(toTwoDigits(knee.jobsPerSecond)),
    ...shares(knee.observed),
    time(knee.observed.enqueue.p99),
    time(knee.observed.endToEnd.p99),
  ]);
  return markdownTable([header, ...rows]);
}

/** The most that one D1 database holds, in bytes (https://developers.cloudflare.com/d1/platform/limits/). */
const DATABASE_BYTES = 10_000_000_000;
const RETENTION_DAYS = 30;
const DAY_SECONDS = 86_400;

/** A row for each size of payload, in bytes: how many jobs a database holds. */
export function sizeTable(sizes: readonly { readonly payload: number; readonly job: number }[]): string {
  const header = ["payload", "a job in D1", "jobs in 10 GB", "for 30 days", `at ${BASE_LOAD} jobs/s full after`];
  const rows = sizes.map(({ payload, job }) => {
    const jobs = DATABASE_BYTES / job;
    return [
      `${count(payload)} bytes`,
      `${count(job)} bytes`,
      `${(jobs / 1e6).toFixed(1)} million`,
      `${(jobs / (RETENTION_DAYS * DAY_SECONDS)).toFixed(1)} jobs/s`,
      `${(jobs / (BASE_LOAD * DAY_SECONDS)).toFixed(1)} days`,
    ];
  });
  return markdownTable([header, ...rows]);
}

function shares({ utilisation }: Observed): string[] {
  return [utilisation.gate, utilisation.d1, utilisation.queue].map((share) => `${Math.round(share * 100)} %`);
}

function delay({ p50, p99 }: Quantiles, isSteady: boolean): string[] {
  return [p50, p99].map((ms) => (isSteady ? time(ms) : `${time(ms)} ↑`));
}

function time(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function toTwoDigits(value: number): number {
  return Number(value.toPrecision(2));
}
