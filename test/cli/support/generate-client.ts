import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Generates a client from an OpenAPI document. The generator prints what it makes with the compiler's own API, which
 * TypeScript 7 no longer has: it gets the one of TypeScript 6.
 */
export async function generateClient(document: object, directory: string): Promise<void> {
  const url = pathToFileURL(createRequire(import.meta.url).resolve("typescript-6")).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "typescript" ? { url, format: "commonjs", shortCircuit: true } : next(specifier, context),
  });
  try {
    const { createClient } = await import("@hey-api/openapi-ts");
    await createClient({
      input: document as Record<string, unknown>,
      output: { path: directory, module: { extension: ".js" } },
      plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
      logs: { level: "silent" },
    });
  } finally {
    hooks.deregister();
  }
}
