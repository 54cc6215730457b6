import { goTo } from "../router.ts";

/** Chooses the states that a list is narrowed to, in the address. */
export function StateChips(props: {
  states: readonly string[];
  /** Separated by commas; undefined: any. */
  chosen: string | undefined;
  addressWith: (chosen: string) => string;
}) {
  const { states, chosen, addressWith } = props;
  const isChosen = new Set(chosen?.split(",") ?? []);
  const toggle = (one: string) =>
    goTo(addressWith(states.filter((other) => isChosen.has(other) !== (other === one)).join(",")));
  return (
    <div class="chips" role="group" aria-label="States">
      {states.map((one) => (
        <button
          key={one}
          type="button"
          class="chip"
          data-state={one}
          aria-pressed={isChosen.has(one)}
          onClick={() => toggle(one)}
        >
          {one}
        </button>
      ))}
    </div>
  );
}
