import type { Api, HttpJobView } from "./api.ts";
import type { Checks } from "./checks.ts";
import { finishedJobs } from "./finished-jobs.ts";
import type { Part } from "./part.ts";
import type { Receiver } from "./receiver.ts";

/** A receiver that is out of order twice, and one that stays so: the first is retried with success, the other given up. */
export async function retryFailures(api: Api, receiver: Receiver, checks: Checks): Promise<Part> {
  const flaky = await api.enqueue({ type: "http.request", payload: { url: receiver.url("/flaky"), body: "ping" } });
  const dead = await api.enqueue({
    type: "http.request",
    payload: { url: receiver.url("/dead"), body: "ping" },
    maxAttempts: 3,
  });
  const jobs = await finishedJobs(api, [flaky.id, dead.id], "retries ");
  const [recovered, buried] = jobs as [HttpJobView, HttpJobView];
  checks.equal("flaky: state, attempts", [recovered.state, recovered.attempt], ["succeeded", 3]);
  checks.equal("flaky: errors kept", recovered.errors.length, 2);
  checks.equal("flaky: answers", answers(receiver, recovered), [500, 500, 204]);
  checks.equal("dead: state, attempts", [buried.state, buried.attempt], ["failed", 3]);
  checks.equal("dead: answers", answers(receiver, buried), [500, 500, 500]);
  for (const [index, failure] of [0, 1, 2].map((at) => [at, buried.errors[at]] as const)) {
    const says = failure?.message ?? "nothing";
    checks.holds(`dead: error of attempt ${index + 1}`, says.includes("answered 500"), '"… answered 500 …"', says);
  }
  const rows = [
    { job: recovered, result: answers(receiver, recovered).join(", ") },
    { job: buried, result: buried.errors.at(-1)?.message ?? "" },
  ];
  const ends = jobs.map((job) => `${answers(receiver, job).join(", ")} → ${job.state}`);
  return { rows, summary: `${ends.join("; ")} with ${buried.errors.length} errors kept` };
}

function answers(receiver: Receiver, { id }: HttpJobView): number[] {
  return receiver.of(id).map(({ status }) => status);
}
