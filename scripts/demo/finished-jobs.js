import pLimit from "p-limit";
import { Progress } from "./progress.ts";
const PATIENCE_SECONDS = 30;
const WAITING_AT_ONCE = 20;
/** The same jobs once they have finished; those that take too long, as they are by then. */
export async function finishedJobs(client, jobs, what) {
    const progress = new Progress(what, jobs.length);
    const until = Date.now() + PATIENCE_SECONDS * 1000;
    try {
        return await pLimit(WAITING_AT_ONCE).map(jobs, async ({ id }) => {
            const job = await client.jobs.wait(id, { timeout: Math.max(0, until - Date.now()) / 1000 });
            progress.step();
            return job;
        });
    }
    finally {
        progress.end();
    }
}
/** The same job once it has finished, or as it is after too long a time. */
export async function finishedJob(client, job, what) {
    const [finished = job] = await finishedJobs(client, [job], what);
    return finished;
}
