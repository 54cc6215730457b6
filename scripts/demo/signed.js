import { demoClient } from "./client.ts";
import { finishedJob } from "./finished-jobs.ts";
/**
 * A signed webhook to a receiver that verifies it with a library of others, and is out of order twice: every attempt must
 * verify, under one id. The same from another tenant must be turned away, since each tenant signs with its own secret.
 */
export async function deliverSigned({ callers, receiver, checks }) {
    const client = demoClient(callers.demo);
    const stranger = demoClient(callers.stranger);
    const [newest] = await client.signingSecrets.list();
    receiver.trust(newest?.secret ?? "");
    const request = { url: receiver.url("/signed"), body: { type: "invoice.paid", data: { amount: 4200 } }, sign: true };
    const own = await client.jobs.enqueue("http.request", request);
    const foreign = await stranger.jobs.enqueue("http.request", request);
    const signed = await finishedJob(client, own, "signed");
    const refused = await finishedJob(stranger, foreign, "refused");
    const deliveries = receiver.of(signed.id);
    const verified = deliveries.filter((one) => one.verified).length;
    checks.equal("signed: state, attempts", [signed.state, signed.attempt], ["succeeded", 3]);
    checks.equal("signed: answers", receiver.answers(signed.id), [500, 500, 204]);
    checks.equal("signed: attempts that verify", verified, 3);
    checks.equal("signed: webhook-id of all attempts", webhookIds(deliveries), [signed.id]);
    checks.equal("stranger: state, attempts", [refused.state, refused.attempt], ["failed", 1]);
    checks.equal("stranger: answers", receiver.answers(refused.id), [401]);
    checks.equal("stranger: webhook-id", webhookIds(receiver.of(refused.id)), [refused.id]);
    const told = `${receiver.answers(signed.id).join(", ")}; signature verified ${verified} ×`;
    const rows = [
        { job: signed, result: told },
        { job: refused, result: refused.errors.at(-1)?.message ?? "" },
    ];
    const foreignTold = `${receiver.answers(refused.id).join(", ")} → ${refused.state}`;
    return { rows, summary: `${told} → ${signed.state}; signed by another tenant: ${foreignTold}` };
}
function webhookIds(deliveries) {
    return [...new Set(deliveries.map(({ webhookId }) => webhookId))];
}
