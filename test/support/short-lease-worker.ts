import { httpRequest } from "../../src/handlers/http-request";
import { createSluice } from "../../src/sluice";

export { TenantGate } from "../../src/gate/tenant-gate";

// The deployment as it is, but for its type's timeout: the lease of a job whose Worker was killed ends in seconds.
export default createSluice({ handlers: [{ ...httpRequest, timeoutMs: 3_000 }] });
