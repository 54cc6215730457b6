/**
 * @param resource which plans
 * @param call sends a request until it is answered, and returns the answer's JSON
 */
export function plansClient(resource, call) {
  const at = (id) => `/v1/${resource}/${encodeURIComponent(id)}`;
  return {
    plan: (filter) => call(`/v1/${resource}`, { method: "POST", body: JSON.stringify(filter) }),
    confirm: (id, options = {}) => call(`${at(id)}/confirm`, { method: "POST", body: JSON.stringify(options) }),
    get: (id) => call(at(id)),
    list: async () => (await call(`/v1/${resource}`)).data,
    cancel: (id) => call(`${at(id)}/cancel`, { method: "POST" }),
  };
}
