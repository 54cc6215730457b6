import { useState } from "preact/hooks";
import type { PlanView } from "../../protocol/plan-view.ts";
import { api } from "../data/api.ts";
import { type PlanKind, readPlan, sampleOf } from "../data/plans.ts";
import { usePolled } from "../data/polled.ts";
import { countOf } from "../model/counted.ts";
import { Ago } from "../parts/age.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { JobTable } from "../parts/job-table.tsx";
import { Loaded } from "../parts/outcome.tsx";
import { ProgressBar } from "../parts/progress-bar.tsx";
import { tried } from "../parts/toasts.tsx";
import { addressOf } from "../router.ts";

const EVERY_MS = 1_000;
const DEFAULT_PER_SECOND = 10;

/** A change to many jobs: what it would come to, then how far it has come. */
export function Plan({ kind, id }: { kind: PlanKind; id: string }) {
  const plan = usePolled(`${kind} ${id}`, () => readPlan(kind, id), { everyMs: EVERY_MS });
  return <Loaded of={plan}>{(view) => <Shown plan={view} kind={kind} refresh={plan.refresh} />}</Loaded>;
}

function Shown({ plan, kind, refresh }: { plan: PlanView; kind: PlanKind; refresh: () => Promise<void> }) {
  const sample = sampleOf(plan.id);
  const verb = kind === "replays" ? "Replay" : "Cancel";
  return (
    <>
      <div class="row spread">
        <div class="row">
          <h1>
            {verb} {jobsText(plan)}
          </h1>
          <span class="note">{plan.state}</span>
        </div>
        <Actions plan={plan} kind={kind} verb={verb} refresh={refresh} />
      </div>
      <section class="card">
        <div class="card-body stack-tight">
          <Progress plan={plan} />
          <dl class="facts">
            {Object.entries(plan.filter).map(
              ([field, value]) => value !== undefined && <Fact key={field} name={field} value={value} />,
            )}
            {plan.perSecond !== null && <Fact name="per second" value={String(plan.perSecond)} />}
            <dt>planned</dt>
            <dd>
              <Ago at={plan.createdAt} />
            </dd>
          </dl>
          {plan.truncated && (
            <p class="muted small">More jobs match than one plan takes: make another one for the others.</p>
          )}
          {plan.lastFailure !== null && (
            <p class="problem">
              <a href={addressOf(`/jobs/${plan.lastFailure.jobId}`)}>One job</a> could not be replayed:{" "}
              {plan.lastFailure.detail} ({plan.lastFailure.code})
            </p>
          )}
        </div>
      </section>
      {sample.length > 0 && (
        <section class="card" aria-labelledby="sample">
          <div class="card-head">
            <h2 id="sample">The first of them, as they were</h2>
          </div>
          <JobTable jobs={sample} />
        </section>
      )}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Progress({ plan }: { plan: PlanView }) {
  const { count, done, failed, skipped, state } = plan;
  if (state === "planned") return <p>Nothing has happened yet: look at it, then confirm it.</p>;
  return (
    <ProgressBar label="Progress" done={done + failed + skipped} of={count} isOver={state === "finished"}>
      {done.toLocaleString("en")} done, {failed.toLocaleString("en")} failed, {skipped.toLocaleString("en")} skipped, of{" "}
      {jobsText(plan)}
    </ProgressBar>
  );
}

function Actions(props: { plan: PlanView; kind: PlanKind; verb: string; refresh: () => Promise<void> }) {
  const { plan, kind, verb, refresh } = props;
  const [asking, setAsking] = useState(false);
  const [perSecond, setPerSecond] = useState(DEFAULT_PER_SECOND);
  const act = async (done: string, change: () => Promise<unknown>) => {
    await tried(done, change);
    await refresh();
  };
  if (plan.state === "running") {
    return (
      <button
        type="button"
        class="button button-danger"
        onClick={() => void act("Stopped.", () => api()[kind].cancel(plan.id))}
      >
        Stop the rest
      </button>
    );
  }
  if (plan.state !== "planned" || plan.count === 0) return null;
  const wording = `${verb} ${jobsText(plan)}`;
  return (
    <div class="row">
      <label class="row small">
        <span class="muted">per second</span>
        <input
          type="number"
          min={1}
          max={100}
          value={perSecond}
          style={{ width: "72px" }}
          onInput={(event) =>
            setPerSecond(Math.min(100, Math.max(1, event.currentTarget.valueAsNumber || DEFAULT_PER_SECOND)))
          }
        />
      </label>
      <button
        type="button"
        class={`button ${kind === "replays" ? "button-primary" : "button-danger"}`}
        onClick={() => setAsking(true)}
      >
        {wording}…
      </button>
      {asking && (
        <Confirm
          title={`${wording}?`}
          verb={wording}
          danger={kind === "cancellations"}
          onConfirm={() => act("It has begun.", () => api()[kind].confirm(plan.id, { perSecond }))}
          onClose={() => setAsking(false)}
        >
          <p class="muted">
            {kind === "replays"
              ? `Each becomes a new job, ${perSecond} a second. The originals stay as they are.`
              : `${perSecond} a second. Those that run are asked to end.`}
          </p>
        </Confirm>
      )}
    </div>
  );
}

function jobsText({ count, counted, filter: { state } }: PlanView): string {
  const noun = state === undefined ? "unfinished job" : `${state} job`;
  return countOf({ count, atLeast: counted === "at least" }, noun);
}
