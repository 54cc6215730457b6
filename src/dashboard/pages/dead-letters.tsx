import { useState } from "preact/hooks";
import { api } from "../data/api.ts";
import { readJobs } from "../data/jobs.ts";
import { readPlans, rememberPlan } from "../data/plans.ts";
import { usePolled } from "../data/polled.ts";
import { countedIn, countOf, countText } from "../model/counted.ts";
import { groupFailures } from "../model/failure-groups.ts";
import { Ago } from "../parts/age.tsx";
import { Failures } from "../parts/failures.tsx";
import { formText } from "../parts/form-text.ts";
import { JobTable } from "../parts/job-table.tsx";
import { Loaded } from "../parts/outcome.tsx";
import { tried } from "../parts/toasts.tsx";
import { addressOf, goTo } from "../router.ts";

const LOOKED_AT = 100;
const SHOWN = 10;
const EVERY_MS = 5_000;

/** Failed jobs, and replays of them: planned, confirmed, carried out. */
export function DeadLetters() {
  const failed = usePolled("dead letters", () => readJobs({ state: "failed" }, LOOKED_AT), {
    follows: { changesWith: ({ event }) => event === "job.failed" },
  });
  return (
    <>
      <h1>Dead letters</h1>
      <Loaded of={failed} lines={8}>
        {(page) => (
          <>
            <section class="card" aria-labelledby="groups">
              <div class="card-head">
                <h2 id="groups">By type and error</h2>
                <span class="muted small">{countOf(countedIn(page), "failed job")}</span>
              </div>
              <Failures groups={groupFailures(page)} />
            </section>
            <PlanForm />
            <Replays />
            {page.data.length > 0 && (
              <section class="card" aria-labelledby="newest">
                <div class="card-head">
                  <h2 id="newest">Newest</h2>
                  <a href={addressOf("/jobs", { state: "failed" })}>All {countText(countedIn(page))}</a>
                </div>
                <JobTable jobs={page.data.slice(0, SHOWN)} />
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

function PlanForm() {
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = (name: string) => formText(event, name) || undefined;
    const since = given("createdAfter");
    const filter = {
      type: given("type"),
      queue: given("queue"),
      error: given("error"),
      createdAfter: since && new Date(since).toISOString(),
    };
    setBusy(true);
    await tried("Planned. Nothing is replayed before you confirm it.", async () => {
      const plan = await api().replays.plan(filter);
      rememberPlan(plan);
      goTo(addressOf(`/replays/${plan.id}`));
    });
    setBusy(false);
  };
  return (
    <form class="card card-body fields" aria-label="Plan a replay" onSubmit={(event) => void submit(event)}>
      <Field name="type" label="Type" />
      <Field name="queue" label="Queue" />
      <Field name="error" label="Part of the error" />
      <label class="field">
        <span>Enqueued after</span>
        <input name="createdAfter" type="datetime-local" />
      </label>
      <button type="submit" class="button button-primary" disabled={busy}>
        Plan a replay
      </button>
    </form>
  );
}

function Field({ name, label }: { name: string; label: string }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input name={name} autocomplete="off" spellcheck={false} />
    </label>
  );
}

function Replays() {
  const plans = usePolled("replays", () => readPlans("replays"), { everyMs: EVERY_MS });
  return (
    <Loaded of={plans} lines={3}>
      {(all) =>
        all.length === 0 ? null : (
          <section class="card" aria-labelledby="replays">
            <div class="card-head">
              <h2 id="replays">Replays</h2>
            </div>
            <table class="table">
              <thead>
                <tr>
                  <th>Plan</th>
                  <th>State</th>
                  <th class="num">Done</th>
                  <th>Planned</th>
                </tr>
              </thead>
              <tbody>
                {all.map((plan) => (
                  <tr key={plan.id}>
                    <td>
                      <a href={addressOf(`/replays/${plan.id}`)} data-row>
                        {Object.values(plan.filter).join(" · ")}
                      </a>
                    </td>
                    <td data-label="State">
                      <span class="note">{plan.state}</span>
                    </td>
                    <td class="num" data-label="Done">
                      {plan.done.toLocaleString("en")} of {plan.count.toLocaleString("en")}
                    </td>
                    <td class="muted" data-label="Planned">
                      <Ago at={plan.createdAt} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )
      }
    </Loaded>
  );
}
