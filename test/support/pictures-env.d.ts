declare namespace Cloudflare {
  interface Env {
    readonly IMAGES: ImagesBinding;
  }
}

/** A file as a data URL, by Vite. */
declare module "*?inline" {
  const url: string;
  export default url;
}
