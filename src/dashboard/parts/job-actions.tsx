import { isTerminal } from "../../domain/job.ts";
import type { JobView } from "../../protocol/job-view.ts";
import { api } from "../data/api.ts";
import { addressOf, goTo } from "../router.ts";
import { ConfirmButton } from "./confirm-button.tsx";
import { tried } from "./toasts.tsx";

/** What can be done to one job in its state. */
export function JobActions({ job, refresh }: { job: JobView; refresh: () => Promise<void> }) {
  const waitsForTime = job.state === "scheduled" || job.state === "retrying";
  const cancel = async () => {
    const done = job.state === "running" ? "The job was asked to end." : "The job is cancelled.";
    await tried(done, () => api().jobs.cancel(job.id));
    await refresh();
  };
  const runNow = async () => {
    await tried("The job is due now.", () => api().jobs.runNow(job.id));
    await refresh();
  };
  const replay = () =>
    tried("A new job repeats it.", async () => {
      const made = await api().jobs.replay(job.id);
      goTo(addressOf(`/jobs/${made.id}`));
    });
  return (
    <div class="row">
      {waitsForTime && (
        <button type="button" class="button" onClick={() => void runNow()}>
          Run now
        </button>
      )}
      {isTerminal(job.state) ? (
        <button type="button" class="button" onClick={() => void replay()}>
          Replay
        </button>
      ) : (
        <ConfirmButton name="Cancel" title="Cancel this job?" verb={`Cancel 1 ${job.state} job`} onConfirm={cancel}>
          {job.state === "running"
            ? "Its handler is asked to end, and what it has done stays done."
            : "It never runs. It can be replayed later, as a new job."}
        </ConfirmButton>
      )}
    </div>
  );
}
