/** How wrangler and vitest-pool-workers hand over a WASM file that is imported. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
