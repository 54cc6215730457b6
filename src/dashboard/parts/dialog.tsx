import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** A dialog that keeps the focus until it is closed. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={title} onClose={props.onClose}>
      <div class="dialog-body">
        <h2 id={title}>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back; the button says what it does, and to how many. */
export function Confirm(props: {
  title: string;
  verb: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  children?: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    await props.onConfirm();
    props.onClose();
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      {props.children}
      <div class="dialog-foot">
        <button type="button" class="button" onClick={props.onClose}>
          Keep it as it is
        </button>
        <button
          type="button"
          class={`button ${props.danger ? "button-danger" : "button-primary"}`}
          disabled={busy}
          onClick={() => void confirm()}
        >
          {props.verb}
        </button>
      </div>
    </Dialog>
  );
}
