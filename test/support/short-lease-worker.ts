import { httpRequest } from "../../src/handlers/http-request.ts";
import { createSluice } from "../../src/sluice.ts";

export { TenantGate } from "../../src/gate/tenant-gate.ts";

// The deployment as it is, but for its type's timeout: the lease of a job whose Worker was killed ends in seconds.
export default createSluice({ handlers: [{ ...httpRequest, timeoutMs: 3_000 }] });
