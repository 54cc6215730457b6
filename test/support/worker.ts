import { httpRequest } from "../../src/handlers/http-request.ts";
import { createSluice } from "../../src/sluice.ts";
import { handlers } from "./handlers.ts";

export { TenantGate } from "../../src/gate/tenant-gate.ts";
export default createSluice({ handlers: [...handlers, httpRequest] });
