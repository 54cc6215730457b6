import { useState } from "preact/hooks";
import { JOB_STATES, type JobState } from "../../domain/job.ts";
import type { JobList } from "../../protocol/job-view.ts";
import { readJobs } from "../data/jobs.ts";
import { usePolled } from "../data/polled.ts";
import { BulkActions } from "../parts/bulk-actions.tsx";
import { formText } from "../parts/form-text.ts";
import { JobTable } from "../parts/job-table.tsx";
import { Empty, Loaded } from "../parts/outcome.tsx";
import { addressOf, goTo, here } from "../router.ts";

const PER_PAGE = 50;

/** Jobs, newest first, with the filters in the address. */
export function Jobs() {
  const { query } = here.value;
  const filter = {
    state: query.get("state") ?? undefined,
    type: query.get("type") ?? undefined,
    queue: query.get("queue") ?? undefined,
  };
  const cursor = query.get("cursor") ?? undefined;
  const jobs = usePolled(`jobs ${query.toString()}`, () => readJobs({ ...filter, cursor }, PER_PAGE));
  return (
    <>
      <div class="row spread">
        <h1>Jobs</h1>
        <BulkActions {...filter} />
      </div>
      <Filters key={`${filter.type} ${filter.queue}`} {...filter} />
      <Loaded of={jobs} lines={10}>
        {(page) => (
          <div class="card">
            {page.data.length === 0 ? (
              <NoJobs page={page} isFiltered={query.size > 0} />
            ) : (
              <JobTable jobs={page.data} />
            )}
            <Pages page={page} cursor={cursor} filter={filter} />
          </div>
        )}
      </Loaded>
    </>
  );
}

interface Filter {
  readonly state: string | undefined;
  readonly type: string | undefined;
  readonly queue: string | undefined;
}

function Filters({ state, type, queue }: Filter) {
  const chosen = new Set(state?.split(",") ?? []);
  const toggle = (one: JobState) => {
    const states = JOB_STATES.filter((other) => chosen.has(other) !== (other === one));
    goTo(addressOf("/jobs", { state: states.join(","), type, queue }));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    goTo(addressOf("/jobs", { state, type: formText(event, "type"), queue: formText(event, "queue") }));
  };
  return (
    <div class="stack-tight">
      <div class="chips" role="group" aria-label="States">
        {JOB_STATES.map((one) => (
          <button
            key={one}
            type="button"
            class="chip"
            data-state={one}
            aria-pressed={chosen.has(one)}
            onClick={() => toggle(one)}
          >
            {one}
          </button>
        ))}
      </div>
      <form class="row" aria-label="Filters" onSubmit={submit}>
        <FilterInput name="type" value={type} />
        <FilterInput name="queue" value={queue} />
        <button type="submit" class="button">
          Filter
        </button>
        {(state ?? type ?? queue) !== undefined && (
          <a class="button button-quiet" href={addressOf("/jobs")}>
            Clear
          </a>
        )}
      </form>
    </div>
  );
}

function FilterInput({ name, value }: { name: string; value: string | undefined }) {
  const [text, setText] = useState(value ?? "");
  return (
    <input
      name={name}
      value={text}
      placeholder={`Any ${name}`}
      aria-label={`Filter by ${name}`}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}

function NoJobs({ page, isFiltered }: { page: JobList; isFiltered: boolean }) {
  if (page.nextCursor !== null)
    return <Empty title="None among those looked at">A page looks at 2,500 jobs: older ones may match.</Empty>;
  if (isFiltered) return <Empty title="No job matches">Take a filter away, or enqueue one.</Empty>;
  return (
    <Empty title="No jobs yet">
      Enqueue one with <code>POST /v1/jobs</code>, or <code>npx sluice enqueue</code>.
    </Empty>
  );
}

function Pages({ page, cursor, filter }: { page: JobList; cursor: string | undefined; filter: Filter }) {
  if (cursor === undefined && page.nextCursor === null) return null;
  return (
    <nav class="pages" aria-label="Pages of the list">
      <span class="muted small">
        {cursor === undefined ? `The newest ${page.data.length}` : `${page.data.length} older jobs`}
      </span>
      <span class="row">
        {cursor !== undefined && (
          <a class="button button-small" href={addressOf("/jobs", { ...filter })}>
            Newest
          </a>
        )}
        {page.nextCursor !== null && (
          <a class="button button-small" href={addressOf("/jobs", { ...filter, cursor: page.nextCursor })}>
            Older
          </a>
        )}
      </span>
    </nav>
  );
}
