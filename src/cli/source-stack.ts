import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a file, as it stands in a stack. */
const PLACE = /(file:\/\/[^\s()]+):(\d+):(\d+)/g;

/**
 * A stack whose places are those of the sources, from the project's directory, as far as the bundles that they are
 * in are still there with their source maps.
 */
export function sourceStack(stack: string, projectDir: string): string {
  const maps = new Map<string, SourceMap | null>();
  return stack.replaceAll(PLACE, (place, url: string, line: string, column: string) => {
    const bundle = pathOf(url);
    if (bundle === null) return place;
    let map = maps.get(bundle);
    if (map === undefined) maps.set(bundle, (map = readMap(bundle)));
    const entry = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !("originalSource" in entry)) return place;
    const source = pathOf(entry.originalSource) ?? entry.originalSource;
    const path = isAbsolute(source) ? source : resolve(bundle, "..", source);
    return `${relative(projectDir, path)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function readMap(bundle: string): SourceMap | null {
  const file = `${bundle}.map`;
  if (!existsSync(file)) return null;
  return new SourceMap(JSON.parse(readFileSync(file, "utf8")) as SourceMapPayload);
}

function pathOf(url: string): string | null {
  return url.startsWith("file:") && URL.canParse(url) ? fileURLToPath(url) : null;
}
