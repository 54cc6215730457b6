import { createHash } from "node:crypto";
import examples from "@octokit/webhooks-examples" with { type: "json" };
/**
 * Real payloads: one of every event type, in turn the smallest and the largest of its type; and everything that GitHub
 * shows for pull requests in one piece, which is too large for a row of the database and goes through R2.
 */
export function gitHubEvents() {
    const each = examples.map(({ name, examples }, index) => {
        const bySize = examples.map((payload) => toEvent(name, payload)).toSorted((a, b) => a.bytes - b.bytes);
        return bySize.at(index % 2 === 0 ? 0 : -1);
    });
    const pulls = examples.find(({ name }) => name === "pull_request")?.examples ?? [];
    return [...each.filter((event) => event !== undefined), toEvent("pull_request", pulls)];
}
function toEvent(name, payload) {
    const json = JSON.stringify(payload);
    const sha256 = createHash("sha256").update(json).digest("hex");
    return { name, payload, bytes: Buffer.byteLength(json), sha256 };
}
