import type { Duration } from "../domain/duration.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import type { SigningSecretList, SigningSecretView } from "../protocol/signing-secret-view.ts";
import type { RotateRequest } from "../protocol/signing-secrets.ts";

/** The secrets that sign a tenant's deliveries. Every method throws `SluiceError`. */
export interface SigningSecretsClient {
  /** All that sign at present, newest first. A tenant that had none has got its first. */
  list(): Promise<readonly SigningSecretView[]>;
  /**
   * Makes a new secret, and returns all that sign from now on, newest first.
   * @param options `overlap`: for how long the secrets so far go on signing beside it. Default 24 h, 0 stops them at once
   */
  rotate(options?: { readonly overlap?: Duration }): Promise<readonly SigningSecretView[]>;
}

type Call = <Answer>(path: string, init?: RequestInit) => Promise<Answer>;

/** @param call sends a request until it is answered, and returns the answer's JSON */
export function signingSecretsClient(call: Call): SigningSecretsClient {
  return {
    list: async () => (await call<SigningSecretList>("/v1/signing-secrets")).data,
    async rotate(options) {
      // The new secret is named here, so that a call that is tried again does not rotate twice.
      const request: RotateRequest = { ...options, id: newJobId() };
      const init = { method: "POST", body: JSON.stringify(request) };
      return (await call<SigningSecretList>("/v1/signing-secrets/rotate", init)).data;
    },
  };
}
