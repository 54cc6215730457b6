import { handlers } from "./handlers";
import { createSluice } from "./sluice";

export { TenantGate } from "./gate/tenant-gate";
export default createSluice({ handlers });
