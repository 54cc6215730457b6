import { retryingFetch } from "../client/retrying-fetch.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { CliError } from "./cli-error.ts";
import { connectTo, transportTo } from "./connection.ts";
import { listJobs } from "./job-list.ts";

const TIMEOUT_MS = 10000;
/**
 * Tries whether Sluice answers there, and whether it takes the key, if there is one.
 * @throws CliError when something else answers
 * @throws SluiceError when it cannot be reached, or refuses the key
 */
export async function checkDeployment(url, key) {
  const health = await readHealth(url);
  if (!saysOk(health)) {
    throw new CliError("not_sluice", `${url}/healthz does not answer as Sluice does: is that where it is deployed?`);
  }
  if (key !== null) await listJobs(connectTo(url, key), {}, { jobs: 1, pages: 1 });
}
async function readHealth(url) {
  const read = (response) => response.text();
  try {
    return await retryingFetch(transportTo(url), { url: `${url}/healthz`, init: {}, read }, TIMEOUT_MS);
  } catch (error) {
    // Whatever refuses this is something else.
    if (error instanceof SluiceError && error.status >= 400 && error.status < 500) return "";
    throw error;
  }
}
function saysOk(health) {
  try {
    return JSON.parse(health)?.status === "ok";
  } catch {
    return false;
  }
}
