import type { ScheduleView } from "../../protocol/schedule-view.ts";
import { api } from "../data/api.ts";
import { usePolled } from "../data/polled.ts";
import { readSchedules } from "../data/schedules.ts";
import { Ago, Clock, Until } from "../parts/age.tsx";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Empty, Loaded } from "../parts/outcome.tsx";
import { tried } from "../parts/toasts.tsx";
import { addressOf, goTo } from "../router.ts";

const EVERY_MS = 5_000;

/** Jobs by the clock, with their next runs. */
export function Schedules() {
  const schedules = usePolled("schedules", readSchedules, { everyMs: EVERY_MS });
  return (
    <>
      <h1>Schedules</h1>
      <Loaded of={schedules}>
        {({ all, more }) => (
          <div class="card">
            {all.length === 0 ? (
              <Empty title="No schedules">
                Make one with <code>PUT /v1/schedules/:name</code>.
              </Empty>
            ) : (
              <table class="table">
                <thead>
                  <tr>
                    <th>Schedule</th>
                    <th>When</th>
                    <th>Next runs</th>
                    <th>Last run</th>
                    <th>
                      <span class="visually-hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((schedule) => (
                    <Row key={schedule.name} schedule={schedule} refresh={schedules.refresh} />
                  ))}
                </tbody>
              </table>
            )}
            {more && <p class="pages muted small">There are more than are shown.</p>}
          </div>
        )}
      </Loaded>
    </>
  );
}

function Row({ schedule, refresh }: { schedule: ScheduleView; refresh: () => Promise<void> }) {
  const { name, cron, timezone, type, queue, next, paused, nextRuns, lastRun } = schedule;
  return (
    <tr>
      <td>
        <strong>{name}</strong> {paused && <span class="note">paused</span>}
        <span class="clip muted small">
          <a href={addressOf("/jobs", { type, queue })} data-row>
            {type}
          </a>{" "}
          in {queue}
          {next.map((job) => `, then ${job.type}`).join("")}
        </span>
      </td>
      <td data-label="When">
        <div>
          <code class="nowrap">{cron}</code>
          <div class="muted small">{timezone}</div>
        </div>
      </td>
      <td data-label="Next runs">
        <NextRuns runs={nextRuns} />
      </td>
      <td class="muted" data-label="Last run">
        {lastRun === null ? (
          "never"
        ) : (
          <a href={addressOf(`/jobs/${lastRun.jobId}`)}>
            <Ago at={lastRun.at} />
          </a>
        )}
      </td>
      <td class="actions">
        <Actions schedule={schedule} refresh={refresh} />
      </td>
    </tr>
  );
}

function NextRuns({ runs }: { runs: readonly string[] }) {
  const [next, ...later] = runs;
  if (next === undefined) return <span class="muted">none</span>;
  return (
    <div>
      <Until at={next} />
      <div class="muted small">
        {[next, ...later].slice(0, 3).map((run, index) => (
          <span key={run}>
            {index > 0 && ", "}
            <Clock at={run} />
          </span>
        ))}
      </div>
    </div>
  );
}

function Actions({ schedule: { name, paused }, refresh }: { schedule: ScheduleView; refresh: () => Promise<void> }) {
  const act = async (done: string, change: () => Promise<unknown>) => {
    await tried(done, change);
    await refresh();
  };
  const run = () =>
    tried("Enqueued.", async () => {
      const job = await api().schedules.run(name);
      goTo(addressOf(`/jobs/${job.id}`));
    });
  return (
    <div>
      <button type="button" class="button button-small" onClick={() => void run()} aria-label={`Run now: ${name}`}>
        Run now
      </button>
      {paused ? (
        <button
          type="button"
          class="button button-small"
          aria-label={`Resume ${name}`}
          onClick={() => void act(`${name} goes on.`, () => api().schedules.resume(name))}
        >
          Resume
        </button>
      ) : (
        <button
          type="button"
          class="button button-small"
          aria-label={`Pause ${name}`}
          onClick={() => void act(`${name} is paused.`, () => api().schedules.pause(name))}
        >
          Pause
        </button>
      )}
      <ConfirmButton
        name="Delete"
        label={`Delete ${name}`}
        small
        title={`Delete ${name}?`}
        verb="Delete 1 schedule"
        onConfirm={() => act(`${name} is deleted.`, () => api().schedules.delete(name))}
      >
        Jobs that it has enqueued stay.
      </ConfirmButton>
    </div>
  );
}
