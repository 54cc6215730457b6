import { readOverview } from "../data/overview.ts";
import { ANYTHING, usePolled } from "../data/polled.ts";
import { briefAge } from "../model/brief.ts";
import { type Counted, countOf, countText } from "../model/counted.ts";
import { flowSentence, type Part } from "../model/flow.ts";
import type { Overview as OverviewData } from "../model/overview.ts";
import { Failures } from "../parts/failures.tsx";
import { Loaded } from "../parts/outcome.tsx";
import { OverviewPlots } from "../parts/overview-plots.tsx";
import { QueueTable } from "../parts/queue-table.tsx";
import { addressOf } from "../router.ts";

/** The first screen: is it flowing, since when, what failed, and which limit binds. */
export function Overview() {
  const overview = usePolled("overview", readOverview, { follows: ANYTHING });
  return (
    <Loaded of={overview} lines={8}>
      {(data) => <Shown data={data} />}
    </Loaded>
  );
}

function Shown({ data }: { data: OverviewData }) {
  const { flow, failures, failed, queues, series } = data;
  const { tone, parts } = flowSentence(flow);
  const { oldest } = flow;
  return (
    <>
      <h1 class="flow" data-tone={tone}>
        <span>
          {parts.map((part, index) => (
            <SentencePart key={index} part={part} />
          ))}
        </span>
      </h1>
      <section class="figures" aria-label="Now">
        <Figure label="Waiting" state="queued" counted={flow.waiting} to={{ state: "queued" }} />
        <Figure label="Running" state="running" counted={flow.running} to={{ state: "running" }} />
        <Figure label="Due later" state="scheduled" counted={flow.later} to={{ state: "scheduled,retrying" }} />
        <Figure label="Failed" state="failed" counted={failed} to={{ state: "failed" }} />
        <a class="figure" href={addressOf("/jobs", { state: "queued", queue: oldest?.queue })}>
          <span class="label" data-state="queued">
            Oldest due
          </span>
          <span class="value">{oldest === null ? "–" : briefAge(oldest.ageMs)}</span>
        </a>
      </section>
      <OverviewPlots series={series} />
      <div class="columns">
        <section class="card" aria-labelledby="failures">
          <div class="card-head">
            <h2 id="failures">Failures</h2>
            <a href={addressOf("/dead-letters")}>{countOf(failed, "dead letter")}</a>
          </div>
          <Failures groups={failures} />
        </section>
        <section class="card" aria-labelledby="queues">
          <div class="card-head">
            <h2 id="queues">Queues</h2>
            <a href={addressOf("/queues")}>Limits</a>
          </div>
          <QueueTable queues={queues} />
        </section>
      </div>
    </>
  );
}

function SentencePart({ part }: { part: Part }) {
  if (typeof part === "string") return <>{part}</>;
  return (
    <a href={addressOf("/jobs", { state: "queued", queue: part.queue })}>
      <code>{part.queue}</code>
    </a>
  );
}

function Figure(props: { label: string; state: string; counted: Counted; to: { state: string } }) {
  return (
    <a class="figure" href={addressOf("/jobs", props.to)}>
      <span class="label" data-state={props.state}>
        {props.label}
      </span>
      <span class="value">{countText(props.counted)}</span>
    </a>
  );
}
