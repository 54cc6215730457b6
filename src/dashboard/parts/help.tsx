import { PLACES } from "../shortcuts.ts";
import { Dialog } from "./dialog.tsx";

/** The keyboard shortcuts. */
export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="keys">
        {Object.entries(PLACES).map(([letter, { name }]) => (
          <Shortcut key={letter} keys={["g", letter]} does={name} />
        ))}
        <Shortcut keys={["j"]} does="Next row" />
        <Shortcut keys={["k"]} does="Row before" />
        <Shortcut keys={["/"]} does="Find a job" />
        <Shortcut keys={["?"]} does="This help" />
        <Shortcut keys={["Esc"]} does="Close" />
      </dl>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Shortcut({ keys, does }: { keys: readonly string[]; does: string }) {
  return (
    <>
      <dt class="row">
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </>
  );
}
