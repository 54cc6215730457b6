import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { listen } from "../../scripts/listen.ts";
import { parseUrl } from "../../src/cli/connection.ts";
import { freePort } from "../../src/cli/port.ts";
import { jsonLines, sluice } from "./support/sluice.ts";

const { dir, url, keys } = inject("runtime");
const STRANGE_KEY = "slk_nobody_0123456789abcdef";
describe.concurrent("what every command calls", () => {
  it("is, in the project of `sluice dev`, called with the key that it keeps there", async () => {
    expect(await sluice(["jobs", "--url", url], { cwd: dir })).toMatchObject({ code: 0 });
  });
  it("is what --url and --key say, whatever the environment says", async () => {
    const env = { SLUICE_URL: "http://127.0.0.1:9", SLUICE_KEY: STRANGE_KEY };
    expect(await sluice(["--url", `${url}/`, "jobs", "--key", keys.jobs], { cwd: dir, env })).toMatchObject({
      code: 0,
    });
  });
  it("is not called without a key", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "sluice-cli-"));
    const local = await sluice(["jobs", "--url", url], { cwd: elsewhere });
    expect(local).toMatchObject({ code: 2, stderr: expect.stringMatching(/no API key .+ SLUICE_KEY .+ `sluice dev`/) });
    const remote = await sluice(["jobs", "--url", "https://sluice.example"], { cwd: dir });
    expect(remote).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no API key .+ SLUICE_KEY .+ `sluice init`/),
    });
    await rm(elsewhere, { recursive: true });
  });
  it.each([["sluice.example"], ["ftp://sluice.example"], ["https://a:b@sluice.example"], ["https://sluice.example?a"]])(
    "is not %s",
    (text) => {
      expect(() => parseUrl(text)).toThrow("is no URL of Sluice");
    },
  );
  it("is not sent what cannot be a key, and nobody is shown it", async () => {
    const { code, stderr } = await sluice(["jobs", "--key", "hunter2"], { cwd: dir });
    expect([code, stderr]).toEqual([2, expect.stringContaining("is no API key")]);
    expect(stderr).not.toContain("hunter2");
  });
});
describe.concurrent("when the API does not serve", () => {
  it("ends with 1 for a key that is not known, which nobody is shown", async () => {
    const { code, stdout, stderr } = await sluice(["jobs", "--url", url, "--key", STRANGE_KEY], { cwd: dir });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^sluice: .+ \(unauthorized, request .+\)\n$/)]);
    expect(stdout + stderr).not.toContain(STRANGE_KEY);
  });
  it("ends with 5 when nobody listens, and says what to do", async () => {
    const closed = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await sluice(["jobs", "--url", closed, "--key", keys.jobs], { cwd: dir });
    expect(stderr).toBe(`sluice: nobody listens on ${closed}: \`sluice dev\` starts it (network_error)\n`);
    expect(code).toBe(5);
  });
  it("tries again while it is unavailable, and then ends with 5", async () => {
    const requests = [];
    const problem = JSON.stringify({ code: "storage_unavailable", detail: "The database cannot be read" });
    const server = createServer((request, response) => {
      requests.push(request);
      response.writeHead(503, { "Content-Type": "application/problem+json", "Request-Id": "r-1" }).end(problem);
    });
    const busy = `http://${await listen(server)}`;
    const { code, stderr } = await sluice(["jobs", "--url", busy, "--key", keys.jobs, "--json"], { cwd: dir });
    server.close();
    expect(jsonLines(stderr)).toEqual([
      { code: "storage_unavailable", message: "The database cannot be read", status: 503, requestId: "r-1" },
    ]);
    expect([code, requests.length]).toEqual([5, 3]);
  });
});
describe.concurrent("the program itself", () => {
  it("tells its exit codes in its help", async () => {
    const { code, stdout } = await sluice(["--help"], { cwd: dir });
    expect(stdout).toMatch(
      /Exit codes:\n {2}0 +done\n {2}1 .+\n {2}2 .+\n {2}3 .+\n {2}4 .+\n {2}5 .+\n {2}130 +Ctrl-C\n/,
    );
    expect(code).toBe(0);
  });
  it("ends with 2, and help, without a command", async () => {
    const { code, stdout, stderr } = await sluice([], { cwd: dir });
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(/^Usage: sluice /)]);
  });
  it("guesses what a mistyped command was to be", async () => {
    const { code, stderr } = await sluice(["jbs", "--json"], { cwd: dir });
    expect([code, jsonLines(stderr)]).toEqual([
      2,
      [{ code: "usage", message: "unknown command 'jbs' (Did you mean jobs?)" }],
    ]);
  });
});
