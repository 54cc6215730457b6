import { render } from "preact";
import { App } from "./app.tsx";
import { followLinks } from "./router.ts";
import { followKeys } from "./shortcuts.ts";

const root = document.getElementById("app");
if (root !== null) {
  followLinks();
  followKeys();
  render(<App />, root);
}
