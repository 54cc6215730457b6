import { useEffect, useState } from "preact/hooks";
import { JOB_STATES } from "../../domain/job.ts";
import type { JobList } from "../../protocol/job-view.ts";
import type { JobEvent } from "../../protocol/live-event-view.ts";
import { readJobs } from "../data/jobs.ts";
import { usePolled } from "../data/polled.ts";
import { BulkActions } from "../parts/bulk-actions.tsx";
import { formText } from "../parts/form-text.ts";
import { JobTable, shortId } from "../parts/job-table.tsx";
import { Empty, Loaded, problemText } from "../parts/outcome.tsx";
import { PagesNav } from "../parts/pages-nav.tsx";
import { StateChips } from "../parts/state-chips.tsx";
import { addressOf, goTo, here } from "../router.ts";

const PER_PAGE = 50;
/** Jobs that a filtered page of the API looks at. */
const LOOKED_AT = 2_500;
/** Pages that are looked through for the first that matches. */
const MOST_PAGES = 40;

/** Jobs, newest first, with the filters in the address. */
export function Jobs() {
  const { query } = here.value;
  const filter = {
    state: query.get("state") ?? undefined,
    type: query.get("type") ?? undefined,
    queue: query.get("queue") ?? undefined,
    group: query.get("group") ?? undefined,
  };
  const cursor = query.get("cursor") ?? undefined;
  const jobs = usePolled(`jobs ${query.toString()}`, () => readJobs({ ...filter, cursor }, PER_PAGE), {
    follows: { changesWith: (event) => matches(event, filter) },
  });
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
            {page.data.length === 0 ? <NoJobs page={page} filter={filter} /> : <JobTable jobs={page.data} />}
            <PagesNav
              newest={cursor === undefined ? null : addressOf("/jobs", { ...filter })}
              older={page.nextCursor && addressOf("/jobs", { ...filter, cursor: page.nextCursor })}
            >
              {cursor === undefined ? `The newest ${page.data.length}` : `${page.data.length} older jobs`}
            </PagesNav>
          </div>
        )}
      </Loaded>
    </>
  );
}

// In whatever state it is now: it may have been in another one.
function matches(event: JobEvent, { type, queue }: Filter): boolean {
  return (type === undefined || type === event.type) && (queue === undefined || queue === event.queue);
}

interface Filter {
  readonly state: string | undefined;
  readonly type: string | undefined;
  readonly queue: string | undefined;
  readonly group: string | undefined;
}

function Filters({ state, type, queue, group }: Filter) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    goTo(addressOf("/jobs", { state, type: formText(event, "type"), queue: formText(event, "queue"), group }));
  };
  return (
    <div class="stack-tight">
      <StateChips
        states={JOB_STATES}
        chosen={state}
        addressWith={(states) => addressOf("/jobs", { state: states, type, queue, group })}
      />
      <form class="row" aria-label="Filters" onSubmit={submit}>
        <FilterInput name="type" value={type} />
        <FilterInput name="queue" value={queue} />
        {group !== undefined && (
          <span>
            of group{" "}
            <a class="mono" href={addressOf(`/groups/${group}`)}>
              {shortId(group)}
            </a>
          </span>
        )}
        <button type="submit" class="button">
          Filter
        </button>
        {(state ?? type ?? queue ?? group) !== undefined && (
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

function NoJobs({ page, filter }: { page: JobList; filter: Filter }) {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (page.nextCursor !== null) return <LookFurther key={page.nextCursor} from={page.nextCursor} filter={filter} />;
  if (isFiltered) return <Empty title="No job matches">Take a filter away, or enqueue one.</Empty>;
  return (
    <Empty title="No jobs yet">
      Enqueue one with <code>POST /v1/jobs</code>, or <code>npx sluice enqueue</code>.
    </Empty>
  );
}

// A page looks at a bounded number of jobs; those that match may be far older.
function LookFurther({ from, filter }: { from: string; filter: Filter }) {
  const [pages, setPages] = useState(1);
  const [stopped, setStopped] = useState<{ readonly at: string } | Error | null>(null);
  useEffect(() => {
    const left = new AbortController();
    const look = async () => {
      let cursor = from;
      for (let page = 2; page <= MOST_PAGES; page++) {
        const { data, nextCursor } = await readJobs({ ...filter, cursor }, PER_PAGE);
        if (left.signal.aborted) return;
        if (data.length > 0 || nextCursor === null) return goTo(addressOf("/jobs", { ...filter, cursor }), "replace");
        setPages(page);
        cursor = nextCursor;
      }
      setStopped({ at: cursor });
    };
    look().catch((error: unknown) => setStopped(error as Error));
    return () => left.abort();
  }, [from]);
  const looked = `${(pages * LOOKED_AT).toLocaleString("en")} jobs`;
  if (stopped === null) return <Empty title="Looking further back…">None among the newest {looked}.</Empty>;
  if (stopped instanceof Error) return <Empty title={`None among the newest ${looked}`}>{problemText(stopped)}</Empty>;
  return (
    <Empty title={`None among the ${looked} looked at`}>
      <a href={addressOf("/jobs", { ...filter, cursor: stopped.at })}>Look further back</a>
    </Empty>
  );
}
