import { httpRequest } from "../../src/handlers/http-request";
import { createSluice } from "../../src/sluice";
import { handlers } from "./handlers";

export { TenantGate } from "../../src/gate/tenant-gate";
export default createSluice({ handlers: [...handlers, httpRequest] });
