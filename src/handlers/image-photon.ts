import type { InitOutput } from "@cf-wasm/photon/others";
import photonModule from "@cf-wasm/photon/photon.wasm";

/** Photon's own calls. Addresses are in its memory; it frees the bytes that it is passed. */
export interface Photon {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number, alignment: 1): number;
  free(at: number, bytes: number, alignment: 1): void;
  /** A picture from a file. Panics when it cannot be decoded. */
  decode(at: number, bytes: number): number;
  /** A picture from RGBA pixels. */
  wrap(at: number, bytes: number, width: number, height: number): number;
  freeImage(image: number, flag: 0): void;
  width(image: number): number;
  height(image: number): number;
  /** A copy, to be freed. So are the files. */
  rgba(image: number): [at: number, bytes: number];
  png(image: number): [at: number, bytes: number];
  jpeg(image: number, quality: number): [at: number, bytes: number];
  webp(image: number): [at: number, bytes: number];
}

let running: Photon | undefined;

/**
 * Calls into the instance of photon that the isolate keeps. `call` must be synchronous.
 *
 * An instance that has trapped is replaced: photon panics on a broken picture, and all that it held then stays allocated.
 * The package's own binding has one instance for good, whose stack is used up by 4,300 broken pictures, and its memory
 * by far fewer. An instance that is well is kept although its memory never shrinks: a new one for each picture would
 * leave several to the garbage collector at a time (measured: 590 MB where one takes 90).
 */
export function withPhoton<Result>(call: (photon: Photon) => Result): Result {
  running ??= instantiate();
  try {
    return call(running);
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError) running = undefined;
    throw thrown;
  }
}

/** Bytes of WASM memory that the isolate's instance has taken so far. */
export function photonMemory(): number {
  return running?.memory.buffer.byteLength ?? 0;
}

function instantiate(): Photon {
  const imports: WebAssembly.Imports = {};
  for (const { module, name } of WebAssembly.Module.imports(photonModule)) {
    // They are for canvases and messages: no call here needs one.
    imports[module] = { ...imports[module], [name]: () => {} };
  }
  const { exports } = new WebAssembly.Instance(photonModule, imports);
  const {
    memory,
    __wbindgen_start: start,
    __wbindgen_malloc: allocate,
    __wbindgen_free: free,
    __wbg_photonimage_free: freeImage,
    photonimage_new_from_byteslice: decode,
    photonimage_new: wrap,
    photonimage_get_width: width,
    photonimage_get_height: height,
    photonimage_get_raw_pixels: rgba,
    photonimage_get_bytes: png,
    photonimage_get_bytes_jpeg: jpeg,
    photonimage_get_bytes_webp: webp,
  } = exports as unknown as InitOutput;
  start();
  return { memory, allocate, free, freeImage, decode, wrap, width, height, rgba, png, jpeg, webp };
}
