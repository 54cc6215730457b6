import type { EnqueueOptions } from "../../src/protocol/job-request.ts";
import type { JobList, JobView } from "../../src/protocol/job-view.ts";

export interface HttpRequestJob extends EnqueueOptions {
  readonly type: "http.request";
  readonly payload: { readonly url: string; readonly headers?: Record<string, string>; readonly body?: unknown };
}

export type HttpJobView = JobView<unknown, { readonly status: number }>;

const LONGEST_WAIT_MS = 5_000;
const REPLY_MS = 20_000;

/** One tenant's view of the HTTP API. */
export class Api {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = `${url}/v1/jobs`;
    this.#key = key;
  }

  /** The response as it is, whatever its status. */
  post(path: "" | "/batch", body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.#fetch(path, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** @throws Error when the job was not admitted */
  async enqueue(job: HttpRequestJob): Promise<HttpJobView> {
    const response = await this.post("", job);
    return read<HttpJobView>(response);
  }

  /** The job once it has finished, or as it is at the deadline. */
  async finished(id: string, deadline: number): Promise<HttpJobView> {
    for (;;) {
      const seconds = Math.max(0, Math.min(LONGEST_WAIT_MS, deadline - Date.now())) / 1_000;
      const job = await read<HttpJobView>(await this.#fetch(`/${id}?wait=${seconds}`));
      if (job.finishedAt !== null || seconds === 0) return job;
    }
  }

  /** Every job of the tenant, newest first. */
  async all(): Promise<HttpJobView[]> {
    const jobs: HttpJobView[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = new URLSearchParams({
        limit: "100",
        include: "result",
        ...(cursor && { cursor }),
      }).toString();
      const page: JobList = await read<JobList>(await this.#fetch(`?${query}`));
      jobs.push(...(page.data as HttpJobView[]));
      cursor = page.nextCursor;
    }
    return jobs;
  }

  #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${this.#key}`);
    return fetch(this.#url + path, { ...init, headers, signal: AbortSignal.timeout(REPLY_MS) });
  }
}

export async function read<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
