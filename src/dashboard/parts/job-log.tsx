import { Fragment } from "preact";
import type { JobView } from "../../protocol/job-view.ts";
import { logText } from "../../protocol/log-text.ts";
import { Clock } from "./age.tsx";

/** What a job's handler has said, and the steps that it need not do again; nothing where there is neither. */
export function JobLog({ job: { logs = [], steps = [] } }: { job: JobView }) {
  return (
    <>
      {steps.length > 0 && (
        <section class="card" aria-labelledby="steps">
          <div class="card-head">
            <h2 id="steps">Finished steps</h2>
          </div>
          <div class="card-body">
            <dl class="facts">
              {steps.map(({ name, attempt, at }) => (
                <Fragment key={name}>
                  <dt>{name}</dt>
                  <dd>
                    <Clock at={at} /> <span class="muted small">in attempt {attempt}</span>
                  </dd>
                </Fragment>
              ))}
            </dl>
          </div>
        </section>
      )}
      {logs.length > 0 && (
        <section class="card" aria-labelledby="log">
          <div class="card-head">
            <h2 id="log">Log</h2>
          </div>
          <div class="card-body">
            <pre tabIndex={0} aria-labelledby="log">
              {logs.map(logText).join("\n")}
            </pre>
          </div>
        </section>
      )}
    </>
  );
}
