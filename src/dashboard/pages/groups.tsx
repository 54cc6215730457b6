import { GROUP_STATES } from "../../domain/group.ts";
import type { GroupList, GroupView } from "../../protocol/group-view.ts";
import { readGroups } from "../data/groups.ts";
import { usePolled } from "../data/polled.ts";
import { Ago } from "../parts/age.tsx";
import { GroupProgress } from "../parts/group-progress.tsx";
import { shortId } from "../parts/job-table.tsx";
import { Empty, Loaded } from "../parts/outcome.tsx";
import { PagesNav } from "../parts/pages-nav.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { StateChips } from "../parts/state-chips.tsx";
import { addressOf, here } from "../router.ts";

const PER_PAGE = 25;
/** A group that is not complete is counted each time: it costs as many rows as it has open jobs. */
const EVERY_MS = 5_000;

/** Groups, newest first, with the filter in the address. */
export function Groups() {
  const { query } = here.value;
  const state = query.get("state") ?? undefined;
  const cursor = query.get("cursor") ?? undefined;
  const groups = usePolled(`groups ${query.toString()}`, () => readGroups({ state, cursor }, PER_PAGE), {
    everyMs: EVERY_MS,
  });
  return (
    <>
      <h1>Groups</h1>
      <StateChips
        states={GROUP_STATES}
        chosen={state}
        addressWith={(states) => addressOf("/groups", { state: states })}
      />
      <Loaded of={groups}>
        {(page) => (
          <div class="card">
            {page.data.length === 0 ? (
              <NoGroups page={page} isFiltered={state !== undefined} />
            ) : (
              <Table groups={page.data} />
            )}
            <PagesNav
              newest={cursor === undefined ? null : addressOf("/groups", { state })}
              older={page.nextCursor && addressOf("/groups", { state, cursor: page.nextCursor })}
            >
              {cursor === undefined ? `The newest ${page.data.length}` : `${page.data.length} older groups`}
            </PagesNav>
          </div>
        )}
      </Loaded>
    </>
  );
}

function NoGroups({ page, isFiltered }: { page: GroupList; isFiltered: boolean }) {
  if (page.nextCursor !== null) return <Empty title="None among the groups looked at">Older ones may match.</Empty>;
  if (isFiltered) return <Empty title="No group matches">Take a state away.</Empty>;
  return (
    <Empty title="No groups">
      Enqueue jobs together with <code>group</code>, by <code>POST /v1/jobs/batch</code>.
    </Empty>
  );
}

function Table({ groups }: { groups: readonly GroupView[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Group</th>
          <th>State</th>
          <th>Ended</th>
          <th>Then</th>
          <th>Enqueued</th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <tr key={group.id}>
            <td class="lead">
              <a class="mono nowrap" href={addressOf(`/groups/${group.id}`)} title={group.id} data-row>
                {shortId(group.id)}
              </a>{" "}
              <strong>{group.name}</strong>
            </td>
            <td data-label="State">
              <StateBadge state={group.state} />
            </td>
            <td class="progress-cell" data-label="Ended">
              <div>
                <GroupProgress group={group} />
              </div>
            </td>
            <td data-label="Then">{group.onComplete?.type ?? <span class="muted">nothing</span>}</td>
            <td class="muted" data-label="Enqueued">
              <Ago at={group.createdAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
