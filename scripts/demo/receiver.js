import { createHash } from "node:crypto";
import { createServer, } from "node:http";
import { Webhook } from "standardwebhooks";
import { listen } from "../listen.ts";
/** What a path answers, given how many requests of the same job came before; 204 for every other path. */
const ANSWERS = {
    "/flaky": (before) => (before < 2 ? 500 : 204),
    "/signed": (before) => (before < 2 ? 500 : 204),
    "/dead": () => 500,
};
/** Here nothing is taken that is not signed. */
const SIGNED = "/signed";
const REASONS = { 401: "wrong signature", 500: "out of order" };
/** The outside world: an HTTP server that takes what jobs deliver, and writes down every request. */
export class Receiver {
    #server;
    #byJob = new Map();
    #webhook = null;
    host;
    constructor(server, host) {
        this.#server = server;
        this.host = host;
        server.on("request", (request, response) => void this.#take(request, response));
    }
    static async start() {
        const server = createServer();
        return new Receiver(server, await listen(server));
    }
    url(path) {
        return `http://${this.host}${path}`;
    }
    /** @param secret `whsec_…`: from now on it is what signatures are verified with */
    trust(secret) {
        this.#webhook = new Webhook(secret);
    }
    /** The requests of a job, in the order in which they came. */
    of(jobId) {
        return this.#byJob.get(jobId) ?? [];
    }
    /** What the requests of a job were answered. */
    answers(jobId) {
        return this.of(jobId).map(({ status }) => status);
    }
    /** The jobs that have called a path. */
    callers(path) {
        return [...this.#byJob].filter(([, deliveries]) => deliveries.some((one) => one.path === path)).map(([id]) => id);
    }
    close() {
        this.#server.close();
        this.#server.closeAllConnections();
    }
    async #take(request, response) {
        const body = Buffer.concat(await Array.fromAsync(request));
        const { headers, url: path = "" } = request;
        const jobId = header(headers, "sluice-job-id");
        const before = this.#byJob.get(jobId) ?? [];
        const verified = this.#verifies(body, headers);
        const status = path === SIGNED && !verified ? 401 : (ANSWERS[path]?.(before.length) ?? 204);
        const delivery = {
            attempt: Number(header(headers, "sluice-attempt")),
            path,
            event: header(headers, "x-github-event"),
            bytes: body.byteLength,
            sha256: createHash("sha256").update(body).digest("hex"),
            webhookId: header(headers, "webhook-id"),
            verified,
            status,
        };
        this.#byJob.set(jobId, [...before, delivery]);
        response.writeHead(status).end(REASONS[status]);
    }
    #verifies(body, headers) {
        if (this.#webhook === null)
            return false;
        try {
            this.#webhook.verify(body, headers, { jsonParse: false });
            return true;
        }
        catch {
            return false;
        }
    }
}
function header(headers, name) {
    return String(headers[name] ?? "");
}
