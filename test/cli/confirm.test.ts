import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { type Asked, confirm } from "../../src/cli/confirm.ts";

/** Somebody at a terminal who types this. */
function typing(line: string): Asked & { readonly shown: () => string } {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true });
  input.end(line);
  return { input, output, shown: () => String(output.read() ?? "") };
}

describe("a question before something is taken away", () => {
  it.each([["y\n"], ["YES\n"]])("is answered by %j", async (line) => {
    const asked = typing(line);
    await confirm("Delete it?", {}, asked);
    expect(asked.shown()).toContain("Delete it? [y/N] ");
  });

  it.each([["\n"], ["n\n"], ["yesterday\n"], [""]])("is declined by %j", async (line) => {
    await expect(confirm("Delete it?", {}, typing(line))).rejects.toMatchObject({ code: "declined", exitCode: 1 });
  });

  it("is not asked of who has said yes, and of nobody where JSON is read", async () => {
    const asked = typing("");
    await confirm("Delete it?", { yes: true }, asked);
    expect(asked.shown()).toBe("");
    await expect(confirm("Delete it?", { json: true }, typing("y\n"))).rejects.toMatchObject({ exitCode: 2 });
  });
});
