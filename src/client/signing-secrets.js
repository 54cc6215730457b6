import { newJobId } from "../protocol/new-job-id.ts";
/** @param call sends a request until it is answered, and returns the answer's JSON */
export function signingSecretsClient(call) {
  return {
    list: async () => (await call("/v1/signing-secrets")).data,
    async rotate(options) {
      // The new secret is named here, so that a call that is tried again does not rotate twice.
      const request = { ...options, id: newJobId() };
      const init = { method: "POST", body: JSON.stringify(request) };
      return (await call("/v1/signing-secrets/rotate", init)).data;
    },
  };
}
