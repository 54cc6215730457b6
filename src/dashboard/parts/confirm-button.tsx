import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Confirm } from "./dialog.tsx";

/** A button for what cannot be taken back: it asks first. */
export function ConfirmButton(props: {
  /** What is on it. */
  name: string;
  /** What it is called, where several on a page have the same name. */
  label?: string;
  small?: boolean;
  /** Whether it looks as dangerous as what it does. */
  danger?: boolean;
  title: string;
  verb: string;
  onConfirm: () => Promise<unknown>;
  /** What it comes to. */
  children: ComponentChildren;
}) {
  const { name, label, small = false, danger = true, title, verb, onConfirm, children } = props;
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button
        type="button"
        class={`button ${small ? "button-small" : ""} ${danger ? "button-danger" : ""}`}
        aria-label={label}
        onClick={() => setAsking(true)}
      >
        {name}
      </button>
      {asking && (
        <Confirm title={title} verb={verb} danger onConfirm={onConfirm} onClose={() => setAsking(false)}>
          <p class="muted">{children}</p>
        </Confirm>
      )}
    </>
  );
}
