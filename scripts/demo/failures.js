import { demoClient } from "./client.ts";
import { finishedJob } from "./finished-jobs.ts";
/** A receiver that is out of order twice, and one that stays so: the first is retried with success, the other given up. */
export async function retryFailures({ callers, receiver, checks }) {
    const client = demoClient(callers.demo);
    const [flaky, dead] = await Promise.all([
        client.jobs.enqueue("http.request", { url: receiver.url("/flaky"), body: "ping" }),
        client.jobs.enqueue("http.request", { url: receiver.url("/dead"), body: "ping" }, { maxAttempts: 3 }),
    ]);
    const recovered = await finishedJob(client, flaky, "retried");
    const buried = await finishedJob(client, dead, "given up");
    checks.equal("flaky: state, attempts", [recovered.state, recovered.attempt], ["succeeded", 3]);
    checks.equal("flaky: errors kept", recovered.errors.length, 2);
    checks.equal("flaky: answers", receiver.answers(recovered.id), [500, 500, 204]);
    const attempts = receiver.of(recovered.id).map(({ attempt }) => attempt);
    checks.equal("flaky: Sluice-Attempt", attempts, [1, 2, 3]);
    checks.equal("dead: state, attempts", [buried.state, buried.attempt], ["failed", 3]);
    checks.equal("dead: answers", receiver.answers(buried.id), [500, 500, 500]);
    for (const index of [0, 1, 2]) {
        const says = buried.errors[index]?.message ?? "nothing";
        checks.holds(`dead: error of attempt ${index + 1}`, says.includes("answered 500"), '"… answered 500 …"', says);
    }
    const rows = [
        { job: recovered, result: receiver.answers(recovered.id).join(", ") },
        { job: buried, result: buried.errors.at(-1)?.message ?? "" },
    ];
    const ends = [recovered, buried].map((job) => `${receiver.answers(job.id).join(", ")} → ${job.state}`);
    return { rows, summary: `${ends.join("; ")} with ${buried.errors.length} errors kept` };
}
