import { createClient, type Jobs } from "sluice/client";
import type { handlers } from "./handlers";

/** What another program does with this deployment: Node, a browser, another Worker. */
export async function greeting(url: string, key: string, name: string): Promise<string> {
  const sluice = createClient<Jobs<typeof handlers>>({ url, key });
  const job = await sluice.jobs.enqueue("greet", { name });
  const { result } = await sluice.jobs.wait(job.id, { timeout: 30 });
  return String(result);
}

/** What does not compile. */
export function mistakes(url: string, key: string): unknown[] {
  const { jobs } = createClient<Jobs<typeof handlers>>({ url, key });
  return [
    // @ts-expect-error: a name is a string
    jobs.enqueue("greet", { name: 7 }),
    // @ts-expect-error: a greeting needs a name
    jobs.enqueue("greet", {}),
    // @ts-expect-error: there is no such type
    jobs.enqueue("greets", { name: "Ada" }),
    // @ts-expect-error: a thumbnail is of a blob
    jobs.enqueue("image.thumbnail", { image: "photo.jpg", sizes: [{ width: 320 }] }),
  ];
}
