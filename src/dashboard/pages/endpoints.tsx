import type { EndpointList, EndpointView, RejectionList } from "../../protocol/endpoint-view.ts";
import { read } from "../data/api.ts";
import { usePolled } from "../data/polled.ts";
import { Ago } from "../parts/age.tsx";
import { Empty, Loaded, Skeleton } from "../parts/outcome.tsx";
import { tried } from "../parts/toasts.tsx";
import { addressOf } from "../router.ts";

const EVERY_MS = 5_000;
const SHOWN_REJECTIONS = 5;

/** Inbound webhooks: where they come in, and what was refused. */
export function Endpoints() {
  const endpoints = usePolled("endpoints", () => read<EndpointList>("/v1/endpoints"), { everyMs: EVERY_MS });
  return (
    <>
      <h1>Endpoints</h1>
      <Loaded of={endpoints}>
        {({ data }) =>
          data.length === 0 ? (
            <div class="card">
              <Empty title="No endpoints">
                Make one with <code>PUT /v1/endpoints/:name</code>, and give its address to a provider of webhooks.
              </Empty>
            </div>
          ) : (
            data.map((endpoint) => <Endpoint key={endpoint.name} endpoint={endpoint} />)
          )
        }
      </Loaded>
    </>
  );
}

function Endpoint({ endpoint }: { endpoint: EndpointView }) {
  const { name, url, provider, type, queue, events, disabled, previousSecretUntil } = endpoint;
  return (
    <section class="card" aria-label={`Endpoint ${name}`}>
      <div class="card-head">
        <div class="row">
          <h2>{name}</h2>
          <span class="note">{provider ?? "own scheme"}</span>
          {disabled && <span class="note">disabled</span>}
        </div>
        <button
          type="button"
          class="button button-small"
          onClick={() => void tried("Copied.", () => navigator.clipboard.writeText(url))}
        >
          Copy the address
        </button>
      </div>
      <div class="card-body">
        <dl class="facts">
          <dt>Address</dt>
          <dd class="mono">{url}</dd>
          <dt>Becomes</dt>
          <dd>
            <a href={addressOf("/jobs", { type, queue })}>{type}</a> in {queue}
          </dd>
          <dt>Events</dt>
          <dd>{events.length === 0 ? "all" : events.join(", ")}</dd>
          {previousSecretUntil !== null && (
            <>
              <dt>Old secret</dt>
              <dd>
                valid until <time dateTime={previousSecretUntil}>{new Date(previousSecretUntil).toLocaleString()}</time>
              </dd>
            </>
          )}
        </dl>
      </div>
      <Rejections name={name} />
    </section>
  );
}

function Rejections({ name }: { name: string }) {
  const path = `/v1/endpoints/${encodeURIComponent(name)}/rejections`;
  const { data } = usePolled(`rejections ${name}`, () => read<RejectionList>(path), { everyMs: EVERY_MS });
  if (data === null) return <Skeleton lines={2} />;
  if (data.data.length === 0) return <p class="pages muted small">Nothing was refused of late.</p>;
  return (
    <table class="table">
      <caption class="visually-hidden">What {name} has refused of late</caption>
      <thead>
        <tr>
          <th>Refused because</th>
          <th class="num">Times</th>
          <th>Sender</th>
          <th>Last</th>
        </tr>
      </thead>
      <tbody>
        {data.data.slice(0, SHOWN_REJECTIONS).map(({ at, cause, detail, userAgent, count }) => (
          <tr key={`${at} ${cause}`}>
            <td>
              <strong data-state="failed">{cause.replaceAll("_", " ")}</strong>
              {detail !== null && <span class="clip muted small">{detail}</span>}
            </td>
            <td class="num" data-label="Times">
              {count.toLocaleString("en")}
            </td>
            <td class="muted" data-label="Sender">
              {userAgent ?? "unknown"}
            </td>
            <td class="muted" data-label="Last">
              <Ago at={at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
