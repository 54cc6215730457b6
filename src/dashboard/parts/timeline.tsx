import type { ComponentChildren } from "preact";
import { isTerminal } from "../../domain/job.ts";
import type { AttemptFailure, JobView } from "../../protocol/job-view.ts";
import { briefDuration } from "../model/brief.ts";
import { Clock } from "./age.tsx";

/** A job's moments, in order: enqueued, each attempt that failed, and its end. */
export function Timeline({ job }: { job: JobView }) {
  const { createdAt, startedAt, finishedAt, dueAt, errors, state } = job;
  const lastFailed = errors.at(-1)?.attempt;
  const ranLast = startedAt !== null && job.attempt !== lastFailed;
  return (
    <ol class="timeline">
      <Moment state="queued" title="Enqueued" at={createdAt} />
      {errors.map((error) => (
        <Attempt key={error.attempt} error={error} />
      ))}
      {ranLast && (
        <Moment state="running" title={`Attempt ${job.attempt} started`} at={startedAt}>
          {errors.length === 0 && <p class="muted small">after {between(createdAt, startedAt)}</p>}
        </Moment>
      )}
      {dueAt !== null && <Moment state={state} title={state === "retrying" ? "Next attempt" : "Due"} at={dueAt} />}
      {isTerminal(state) && finishedAt !== null && (
        <Moment state={state} title={state === "failed" ? "Failed: a dead letter" : capital(state)} at={finishedAt}>
          {ranLast && <p class="muted small">after running for {between(startedAt, finishedAt)}</p>}
        </Moment>
      )}
    </ol>
  );
}

function Attempt({ error }: { error: AttemptFailure }) {
  const { attempt, startedAt, at, kind, name, message, stack } = error;
  return (
    <Moment
      state={kind === "cancelled" ? "cancelled" : "retrying"}
      title={`Attempt ${attempt}: ${kindText(kind)}`}
      at={at}
    >
      <p>
        <strong>{name}</strong> {message}
      </p>
      {startedAt !== null && <p class="muted small">after running for {between(startedAt, at)}</p>}
      {stack !== undefined && (
        <details>
          <summary>Stack</summary>
          <pre tabIndex={0}>{stack}</pre>
        </details>
      )}
    </Moment>
  );
}

function Moment(props: { state: string; title: string; at: string; children?: ComponentChildren }) {
  return (
    <li data-state={props.state}>
      <div class="row spread">
        <h3>{props.title}</h3>
        <span class="muted small">
          <Clock at={props.at} />
        </span>
      </div>
      {props.children}
    </li>
  );
}

function kindText(kind: AttemptFailure["kind"]): string {
  const texts = { error: "failed", timeout: "took too long", crash: "its Worker died", cancelled: "was cancelled" };
  return texts[kind];
}

function between(from: string, to: string): string {
  return briefDuration(Date.parse(to) - Date.parse(from));
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
