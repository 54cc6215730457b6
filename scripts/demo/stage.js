/** The tenants of the demo. One of them sends more than it may. */
export const TENANTS = [{ id: "demo" }, { id: "stranger" }, { id: "burst", rate: 100, burst: 50 }];
