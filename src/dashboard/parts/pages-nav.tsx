import type { ComponentChildren } from "preact";

/** From a page of a list to the newest, and to the next older one. */
export function PagesNav(props: {
  /** What this page has. */
  children: ComponentChildren;
  /** The address of the newest page, where this is another one. */
  newest: string | null;
  /** The address of the next one; null: this is the last. */
  older: string | null;
}) {
  const { children, newest, older } = props;
  if (newest === null && older === null) return null;
  return (
    <nav class="pages" aria-label="Pages of the list">
      <span class="muted small">{children}</span>
      <span class="row">
        {newest !== null && (
          <a class="button button-small" href={newest}>
            Newest
          </a>
        )}
        {older !== null && (
          <a class="button button-small" href={older}>
            Older
          </a>
        )}
      </span>
    </nav>
  );
}
