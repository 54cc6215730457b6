import { addressOf } from "../router.ts";
import { shortId } from "./job-table.tsx";

/** A fact that is another job or group, and leads to it; nothing where there is none. */
export function Related({ name, path, id }: { name: string; path: "/jobs" | "/groups"; id: string | null }) {
  if (id === null) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <a class="mono" href={addressOf(`${path}/${id}`)} title={id}>
          {shortId(id)}
        </a>
      </dd>
    </>
  );
}
