import { type BlobRef, type Client, type ClientOptions, createClient, type JobView } from "../../src/client/client.ts";

/**
 * The job types that the demo uses, as far as it does. An application says `Jobs<typeof handlers>` instead; but handlers
 * are typed for Workers and this is Node, and a program is checked for one of them.
 */
type DemoJobs = {
  "http.request": {
    payload: { url: string; headers?: Record<string, string>; body?: unknown; sign?: boolean };
    result: { status: number };
  };
  "image.thumbnail": {
    payload: { image: BlobRef; sizes: { width: number }[]; formats: ImageFormat[] };
    result: { source: ImageFacts; thumbnails: (ImageFacts & BlobRef)[] };
  };
  "report.csv": {
    payload: { csv: BlobRef; groupBy: string[]; aggregates: { op: string; column?: string; as?: string }[] };
    result: { rows: number; groups: Record<string, string | number | null>[]; skipped: Record<string, unknown> };
  };
};

type ImageFormat = "webp" | "jpeg";

interface ImageFacts {
  readonly width: number;
  readonly height: number;
  readonly format: ImageFormat;
  readonly bytes: number;
}

type ViewOf<Type extends keyof DemoJobs> = JobView<DemoJobs[Type]["payload"], DemoJobs[Type]["result"]>;

export type HttpJobView = ViewOf<"http.request">;
export type ThumbnailJobView = ViewOf<"image.thumbnail">;

/** A tenant, as those who act for it know it. */
export type Caller = Pick<ClientOptions, "url" | "key">;

export type DemoClient = Client<DemoJobs>;

/** The typed client, as applications use it. */
export function demoClient(caller: Caller, options: Omit<ClientOptions, keyof Caller> = {}): DemoClient {
  return createClient<DemoJobs>({ ...caller, ...options });
}
