/** A guard that is taken out of the source, to see whether anything finds it out. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Guards, and what their files say without them. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: "the deadline in the statement",
    file: "storage/gate-fence.ts",
    from: " AND unixepoch('subsec') * 1000 < ?3",
    to: " AND ?3 > 0",
  },
  {
    name: "the gate's number in the statement",
    file: "storage/gate-fence.ts",
    from: "(SELECT gate_epoch FROM tenants WHERE id = ?1) = ?2",
    to: "?1 <> '' AND ?2 > 0",
  },
  {
    name: "the attempt in a finish",
    file: "storage/finish-jobs.ts",
    from: "jobs.id = ${field(1)} AND jobs.attempt = ${field(2)}",
    to: "jobs.id = ${field(1)}",
  },
  { name: "`released = 1` in the claim", file: "storage/claim-jobs.ts", from: " AND released = 1", to: "" },
  { name: "`state = 'queued'` in the claim", file: "storage/claim-jobs.ts", from: "state = 'queued' AND ", to: "" },
  {
    name: "who must run alone, in the claim",
    file: "storage/claim-jobs.ts",
    from: "(?5 OR NOT ${IS_ISOLATED})",
    to: "(1 OR ?5)",
  },
  {
    name: "a lease that is lost beside others does not count",
    file: "domain/overdue.ts",
    from: "job.crashes + (wasAlone ? 1 : 0)",
    to: "job.crashes + 1",
  },
  {
    name: "a job that ends is told in the same transaction",
    file: "storage/overdue-jobs.ts",
    from: "    ...followUps(db, fence, moves, now),\n",
    to: "",
  },
  {
    name: "a group is complete when none of its jobs is open",
    file: "storage/end-groups.ts",
    from: "\n  AND NOT EXISTS (SELECT 1 FROM jobs o",
    to: "\n  AND 0 <= (SELECT count(*) FROM jobs o",
  },
  {
    name: "callbacks have a share of the concurrency",
    file: "gate/lanes.ts",
    from: "return Math.ceil(this.concurrency / CALLBACK_SHARE);",
    to: "return null;",
  },
  {
    name: "a suspended tenant starts nothing",
    file: "gate/read-settings.ts",
    from: "new QueueRules(queues, tenant.suspended)",
    to: "new QueueRules(queues, false)",
  },
  { name: "`expires_at` in the claim", file: "storage/claim-jobs.ts", from: "expires_at > ?3 OR", to: "?3 > 0 OR" },
  {
    name: "the tenant in a finish",
    file: "storage/finish-jobs.ts",
    from: "WHERE jobs.tenant_id = ${field(0)} AND jobs.id = ${field(1)} AND jobs.attempt",
    to: "WHERE jobs.id = ${field(1)} AND jobs.attempt",
  },
  {
    name: "the tenant in a cancellation",
    file: "storage/change-jobs.ts",
    from: "WHERE tenant_id = ?1 AND id IN",
    to: "WHERE ?1 <> '' AND id IN",
  },
  {
    name: "the tenant where a gate counts its slots",
    file: "storage/gate-state.ts",
    from: "WHERE tenant_id = ?1 AND released = 1 AND due_at IS NOT NULL`",
    to: "WHERE ?1 <> '' AND released = 1 AND due_at IS NOT NULL`.replace('INDEXED BY jobs_timed', '')",
  },
  {
    name: "the attempt in a settle",
    file: "gate/slots.ts",
    from: "slot !== undefined && attempt > slot.attempt",
    to: "slot !== undefined && attempt >= 0",
  },
  {
    name: "freeing slots whose settle was lost",
    file: "gate/slots.ts",
    from: "if (!held.has(id) && !touched.has(id)) this.#remove(id);",
    to: "",
  },
  {
    name: "what settles while D1 is read is newer",
    file: "gate/slots.ts",
    from: "this.#touched = new Set();",
    to: "this.#touched = null;",
  },
  {
    name: "the pause, where jobs are released",
    file: "gate/lanes.ts",
    from: "if (paused) return 0;",
    to: "",
  },
  {
    name: "calling back what a paused queue has released",
    file: "gate/reconcile.ts",
    from: ".filter((queue) => lanes.isPaused(queue))",
    to: ".filter(() => false)",
  },
  {
    name: "the pause, where jobs are sent again",
    file: "gate/lanes.ts",
    from: "return !paused && (rate",
    to: "return (rate",
  },
  {
    name: "keeping rates over a restart",
    file: "gate/open-gate.ts",
    from: "kv.get<KeptRates>(RATES)",
    to: "undefined",
  },
  {
    name: "a run after a crash takes a token",
    file: "gate/lanes.ts",
    from: "(rate === null || this.#rates.tokens(queue, rate, now) > 0)",
    to: "(rate === null || now > 0)",
  },
  {
    name: "no release until a write of unknown outcome is over",
    file: "gate/write-cycle.ts",
    from: "gate.frozenUntil === null ? lanes.room : 0",
    to: "lanes.room",
  },
  {
    name: "releases are not tried again",
    file: "gate/write-jobs.ts",
    from: "attempt === 1 ? release : []",
    to: "release",
  },
  {
    name: "jobs are moved on only as they were read",
    file: "storage/overdue-jobs.ts",
    from: "AND jobs.attempt = m.value->>3 AND +jobs.due_at IS m.value->>4",
    to: "",
  },
  {
    name: "the alarm before the write",
    file: "gate/write-cycle.ts",
    from: "if (wakeAt !== null)",
    to: "if (wakeAt === 0)",
  },
  {
    name: "unique keys are freed only when their time is over",
    file: "storage/insert-jobs.ts",
    from: "unique_until <= ?3",
    to: "?3 > 0",
  },
  {
    name: "a finished job frees its unique key",
    file: "storage/finish-jobs.ts",
    from: "${field(5)} IS NOT NULL), NULL, unique_key)",
    to: "${field(5)} IS NOT NULL), unique_key, unique_key)",
  },
  {
    name: "ticks pass only as they were read",
    file: "storage/due-schedules.ts",
    from: "AND +schedules.next_at = f.value->>2",
    to: "",
  },
  {
    name: "no tick beside an unfinished job",
    file: "storage/due-schedules.ts",
    from: "overlap = 'skip' AND EXISTS",
    to: "overlap = 'never' AND EXISTS",
  },
  {
    name: "a plan's place moves on once",
    file: "storage/plans.ts",
    from: "        eq(plans.place, place),\n",
    to: "",
  },
  {
    name: "a replay's id is that of its plan and job",
    file: "api/run-plan.ts",
    from: "const id = derivedJobId(confirmedAt ?? 0, await sha256(`${planId}/${original.id}`));",
    to: "const id = derivedJobId(confirmedAt ?? 0, await sha256(`${planId}/${original.id}/${Math.random()}`));",
  },
];
