import type { TenantView } from "../../protocol/tenant-view.ts";
import { usePolled } from "../data/polled.ts";
import { readTenants } from "../data/tenants.ts";
import { Clock } from "../parts/age.tsx";
import { Empty, Loaded } from "../parts/outcome.tsx";
import { addressOf, here } from "../router.ts";

const EVERY_MS = 5_000;

/** For the operator: all tenants, with the limits that are in force. */
export function Tenants() {
  const cursor = here.value.query.get("cursor") ?? undefined;
  const tenants = usePolled(`tenants ${cursor}`, () => readTenants(cursor), { everyMs: EVERY_MS });
  return (
    <>
      <h1>Tenants</h1>
      <Loaded of={tenants}>
        {({ data, nextCursor }) => (
          <div class="card">
            {data.length === 0 ? <Empty title="No tenants" /> : <Table tenants={data} />}
            {nextCursor !== null && (
              <nav class="pages" aria-label="Pages of the list">
                <span />
                <a class="button button-small" href={addressOf("/tenants", { cursor: nextCursor })}>
                  Next
                </a>
              </nav>
            )}
          </div>
        )}
      </Loaded>
    </>
  );
}

function Table({ tenants }: { tenants: readonly TenantView[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Tenant</th>
          <th>State</th>
          <th class="num">Rate</th>
          <th class="num">Burst</th>
          <th class="num">Backlog</th>
          <th class="num">Concurrency</th>
          <th>Made</th>
        </tr>
      </thead>
      <tbody>
        {tenants.map(({ id, name, state, effectiveLimits: limits, createdAt }) => (
          <tr key={id}>
            <td>
              <strong>{name}</strong> {name !== id && <span class="mono muted">{id}</span>}
            </td>
            <td data-label="State">
              <span class="note">{state}</span>
            </td>
            <Limit label="Rate" value={limits.rate} unit="/s" />
            <Limit label="Burst" value={limits.burst} />
            <Limit label="Backlog" value={limits.backlog} />
            <Limit label="Concurrency" value={limits.concurrency} />
            <td class="muted" data-label="Made">
              <Clock at={createdAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Limit({ label, value, unit = "" }: { label: string; value: number; unit?: string }) {
  return (
    <td class="num" data-label={label}>
      {value.toLocaleString("en")}
      {unit}
    </td>
  );
}
