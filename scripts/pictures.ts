import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startRuntime } from "../bench/runtime.ts";
import { Partners } from "./pictures/partners.ts";
import { takePictures } from "./pictures/shoot.ts";
import { prepare, TENANTS, work } from "./pictures/traffic.ts";

// Takes the pictures of the dashboard in docs/images. What they show has happened: Sluice runs here with its own handlers,
// several tenants send it jobs for some minutes, and an HTTP server of this program takes what those deliver.
const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = Number(values.minutes);

const stateDir = await mkdtemp(join(tmpdir(), "sluice-pictures-"));
const partners = await Partners.start();
const runtime = await startRuntime({
  stateDir,
  main: "src/index.ts",
  tenants: TENANTS,
  vars: {
    SLUICE_ALLOW_LOOPBACK: partners.host,
    // The local Queue delivers one batch at a time: what waits for a slow receiver must not hold up all others.
    SLUICE_HANDLER_CONCURRENCY: "60",
    SLUICE_SECRET_KEYS: `pictures:${Buffer.alloc(32, 7).toString("base64")}`,
  },
});
try {
  const worksFor = { url: runtime.url, keys: runtime.keys, partners };
  const shown = await prepare(worksFor);
  console.log(`${minutes} minutes of work on ${runtime.url}`);
  await work(worksFor, minutes * 60);
  await takePictures({ url: runtime.url, key: runtime.keys.acme, ...shown });
} finally {
  await runtime.stop();
  partners.close();
  await rm(stateDir, { recursive: true, force: true });
}
