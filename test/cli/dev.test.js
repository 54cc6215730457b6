import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { describe, expect, inject, it } from "vitest";
import { listen } from "../../scripts/listen.ts";
import { emptyProject } from "./support/project.ts";
import { jsonLines, sluice } from "./support/sluice.ts";

const { dir } = inject("runtime");
// That it runs is what all the other tests stand on.
describe.concurrent("sluice dev", () => {
  it("says so when there is no Worker project", async () => {
    const empty = await emptyProject();
    const { code, stdout, stderr } = await sluice(["dev", "--json"], { cwd: empty });
    expect([code, stdout]).toEqual([1, ""]);
    expect(jsonLines(stderr)).toEqual([
      { code: "no_config", message: expect.stringMatching(/^there is no wrangler\.toml/) },
    ]);
    await rm(empty, { recursive: true });
  });
  it("says so when the port is in use", async () => {
    const server = createServer();
    const port = (await listen(server)).split(":")[1] ?? "";
    const { code, stderr } = await sluice(["dev", "--port", port], { cwd: dir });
    server.close();
    const says = `sluice: port ${port} on 127.0.0.1 is in use: --port takes another (port)\n`;
    expect([code, stderr]).toEqual([1, says]);
  });
});
