import { describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { openApiDocument } from "../../../src/api/openapi/document.ts";
import worker from "../../support/worker.ts";

const document = openApiDocument(worker.app, version);

describe("the OpenAPI document", () => {
  it("is the one that the Worker serves: `npm run openapi` writes it anew", async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot("../../../src/api/openapi.json");
  });
});
