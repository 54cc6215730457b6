import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";

// Makes the one module that the Worker serves the dashboard from: src/dashboard/built.ts. With --check it writes nothing,
// and fails when that module is not what its sources make.
const SOURCES = fileURLToPath(new URL("../src/dashboard/", import.meta.url));
const BUILT = `${SOURCES}built.ts`;
const MOST_JAVASCRIPT_BYTES = 100_000;

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

const made = await make();
const javascript = sizeOf(made.files.filter(({ name }) => name.endsWith(".js")));
const styles = sizeOf(made.files.filter(({ name }) => name.endsWith(".css")));
console.log(`dashboard: ${kilobytes(javascript)} of JavaScript, ${kilobytes(styles)} of CSS, gzipped`);
if (javascript > MOST_JAVASCRIPT_BYTES) fail(`More than ${kilobytes(MOST_JAVASCRIPT_BYTES)} of JavaScript.`);
else if (!process.argv.includes("--check")) await writeFile(BUILT, made.module);
else if ((await readFile(BUILT, "utf8")) !== made.module) {
  fail("src/dashboard/built.ts is not what its sources make: run `npm run dashboard`.");
}

interface File {
  readonly name: string;
  readonly content: string;
}

async function make(): Promise<{ module: string; files: readonly File[] }> {
  const result = (await build({
    root: SOURCES,
    configFile: false,
    // Relative: wherever the page is served, its files are beside it.
    base: "./",
    logLevel: "warn",
    build: {
      write: false,
      target: "es2023",
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })) as Rolldown.RolldownOutput;
  const files = result.output.map((file) => ({
    name: file.fileName,
    content: file.type === "chunk" ? file.code : text(file.source),
  }));
  const page = files.find(({ name }) => name === "index.html");
  if (page === undefined) throw new Error("The build has made no page");
  const others = files.filter((file) => file !== page).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { module: moduleOf(page, others), files: others };
}

function moduleOf(page: File, files: readonly File[]): string {
  const entries = files.map(({ name, content }) => {
    const type = TYPES[name.split(".").at(-1) ?? ""];
    if (type === undefined) throw new Error(`No content type is known for ${name}`);
    return `  ${JSON.stringify(name)}: {\n    type: ${JSON.stringify(type)},\n    content: ${JSON.stringify(content)},\n  },\n`;
  });
  const tag = createHash("sha256").update(page.content).digest("hex").slice(0, 16);
  return `// Made by \`npm run dashboard\` from what is beside it: do not edit.

/** The page, whose links to its files begin with "./". */
export const page = ${JSON.stringify(page.content)};

/** Changes with the page, and with any of its files. */
export const pageTag = "${tag}";

/** By path below the page's; each has the hash of its content in its name. */
export const files: Readonly<Record<string, { readonly type: string; readonly content: string }>> = {
${entries.join("")}};
`;
}

function text(source: string | Uint8Array): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}

function sizeOf(files: readonly File[]): number {
  return files.reduce((bytes, { content }) => bytes + gzipSync(content).byteLength, 0);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} KB`;
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
