import { expect, inject, it } from "vitest";
import { checkDeployment } from "../../src/cli/check-deployment.ts";

const { url, keys } = inject("runtime");
it("passes a deployment that answers, and takes the key", async () => {
  await expect(checkDeployment(url, keys.jobs)).resolves.toBeUndefined();
  await expect(checkDeployment(url, null)).resolves.toBeUndefined();
});
it("refuses what answers, but is not Sluice", async () => {
  await expect(checkDeployment(`${url}/v1`, null)).rejects.toMatchObject({ code: "not_sluice", exitCode: 1 });
});
it("refuses a deployment that does not know the key", async () => {
  await expect(checkDeployment(url, "slk_another_0123456789abcdef")).rejects.toMatchObject({ code: "unauthorized" });
});
