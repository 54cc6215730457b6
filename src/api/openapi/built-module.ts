import { SOMEWHERE } from "../pages/somewhere.ts";
import type { openApiDocument } from "./document.ts";
import { type DescribedApi, referencePage } from "./reference-page.ts";

/**
 * The module that the Worker serves the document and its reference from, as they are: to read the one and write the other
 * for each request would take more than the 10 ms that the free plan has for it.
 */
export async function builtModule(document: ReturnType<typeof openApiDocument>): Promise<string> {
  const reference = await referencePage(SOMEWHERE, document as unknown as DescribedApi);
  return `// Made by \`npm run openapi\` from src/api/openapi: do not edit.

/** The OpenAPI document. */
export const openApiJson: string = ${JSON.stringify(JSON.stringify({ ...document, servers: [{ url: SOMEWHERE }] }))};

/** The document as a page to read. */
export const referenceHtml: string = ${JSON.stringify(String(reference))};
`;
}
