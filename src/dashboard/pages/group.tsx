import type { FailurePolicy } from "../../domain/group.ts";
import type { GroupView } from "../../protocol/group-view.ts";
import { api } from "../data/api.ts";
import { readGroup } from "../data/groups.ts";
import { readJobs } from "../data/jobs.ts";
import { usePolled } from "../data/polled.ts";
import { countOf } from "../model/counted.ts";
import { Ago } from "../parts/age.tsx";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { GroupProgress } from "../parts/group-progress.tsx";
import { JobTable, shortId } from "../parts/job-table.tsx";
import { Empty, Loaded } from "../parts/outcome.tsx";
import { Related } from "../parts/related.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { tried } from "../parts/toasts.tsx";
import { addressOf } from "../router.ts";

const SHOWN = 25;
const JOBS_EVERY_MS = 5_000;
const ON_FAILURE: Record<FailurePolicy, string> = {
  continue: "the others go on",
  stop: "the others are cancelled",
};

/** One group: how many of its jobs have ended how, and its jobs. */
export function Group({ id }: { id: string }) {
  const group = usePolled(`group ${id}`, () => readGroup(id));
  return <Loaded of={group}>{(view) => <Shown group={view} refresh={group.refresh} />}</Loaded>;
}

function Shown({ group, refresh }: { group: GroupView; refresh: () => Promise<void> }) {
  return (
    <>
      <div class="row spread">
        <div class="row">
          <h1>{group.name ?? `Group ${shortId(group.id)}`}</h1>
          <StateBadge state={group.state} />
        </div>
        {group.state === "open" && <Stop group={group} refresh={refresh} />}
      </div>
      <section class="card" aria-label="What has become of it">
        <div class="card-body stack-tight">
          <GroupProgress group={group} />
          <Facts group={group} />
        </div>
      </section>
      <Members group={group} />
    </>
  );
}

function Facts({ group }: { group: GroupView }) {
  const { id, onFailure, onComplete, parentId, createdAt, stoppedAt, completedAt } = group;
  const times = [
    { name: "Enqueued", at: createdAt },
    { name: "Stopped", at: stoppedAt },
    { name: "Complete", at: completedAt },
  ];
  return (
    <dl class="facts">
      <dt>Id</dt>
      <dd class="mono">{id}</dd>
      <dt>If one fails</dt>
      <dd>{ON_FAILURE[onFailure]}</dd>
      <dt>Then</dt>
      <dd>
        {onComplete === null ? "nothing" : `${onComplete.type} in ${onComplete.queue}`}
        {onComplete?.jobId != null && (
          <>
            :{" "}
            <a class="mono" href={addressOf(`/jobs/${onComplete.jobId}`)} title={onComplete.jobId}>
              {shortId(onComplete.jobId)}
            </a>
          </>
        )}
      </dd>
      <Related name="Enqueued by" path="/jobs" id={parentId} />
      {times.map(
        ({ name, at }) =>
          at !== null && (
            <>
              <dt>{name}</dt>
              <dd>
                <Ago at={at} />
              </dd>
            </>
          ),
      )}
    </dl>
  );
}

function Stop({ group: { id, open }, refresh }: { group: GroupView; refresh: () => Promise<void> }) {
  const stop = async () => {
    await tried("The group is stopped.", () => api().groups.cancel(id));
    await refresh();
  };
  const jobs = countOf({ count: open, atLeast: false }, "unfinished job");
  return (
    <ConfirmButton name="Stop" title="Stop this group?" verb={`Cancel ${jobs}`} onConfirm={stop}>
      Jobs that do not run are cancelled, those that run are asked to end. What follows on the group runs then.
    </ConfirmButton>
  );
}

function Members({ group: { id, total } }: { group: GroupView }) {
  const jobs = usePolled(`jobs of group ${id}`, () => readJobs({ group: id }, SHOWN), { everyMs: JOBS_EVERY_MS });
  return (
    <section class="card" aria-labelledby="members">
      <div class="card-head">
        <h2 id="members">Jobs</h2>
        <a href={addressOf("/jobs", { group: id })}>All {total.toLocaleString("en")}</a>
      </div>
      <Loaded of={jobs}>
        {({ data }) => (data.length === 0 ? <Empty title="Its jobs have been deleted" /> : <JobTable jobs={data} />)}
      </Loaded>
    </section>
  );
}
