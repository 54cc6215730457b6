import { httpRequest } from "../../src/handlers/http-request";
import { createSluice } from "../../src/sluice";
import { handlers } from "./handlers";

export { TenantGate } from "../../src/gate/tenant-gate";
export const sluice = createSluice({ handlers: [...handlers, httpRequest] });
export default sluice;
