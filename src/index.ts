import { handlers } from "./handlers.ts";
import { createSluice } from "./sluice.ts";

export { TenantGate } from "./gate/tenant-gate.ts";
export default createSluice({ handlers });
