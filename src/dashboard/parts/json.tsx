const MOST_CHARACTERS = 50_000;
const TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\b/g;

/** JSON with its keys, strings and numbers told apart; what is very long is cut. */
export function Json({ text, label }: { text: string; label: string }) {
  const shown = text.slice(0, MOST_CHARACTERS);
  return (
    <>
      {/* Focusable: what is longer than its box is scrolled by the keyboard. */}
      <pre class="json" tabIndex={0} role="region" aria-label={`${label} as JSON`}>
        {coloured(shown)}
      </pre>
      {shown.length < text.length && (
        <p class="muted small">
          The first {MOST_CHARACTERS.toLocaleString("en")} of {text.length.toLocaleString("en")} characters. Copy takes
          all.
        </p>
      )}
    </>
  );
}

function coloured(text: string) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [whole, string, colon, other] = match;
    parts.push(text.slice(end, match.index));
    if (string !== undefined) {
      parts.push(<span class={colon === undefined ? "s" : "k"}>{string}</span>, colon ?? "");
    } else parts.push(<span class="n">{other}</span>);
    end = match.index + whole.length;
  }
  return [...parts, text.slice(end)];
}
