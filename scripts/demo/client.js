import { createClient } from "../../src/client/client.ts";
/** The typed client, as applications use it. */
export function demoClient(caller, options = {}) {
    return createClient({ ...caller, ...options });
}
