import { useEffect, useId, useState } from "preact/hooks";
import { blobsIn } from "../../domain/blob.ts";
import { api } from "../data/api.ts";
import { Json } from "./json.tsx";
import { problemText } from "./outcome.tsx";
import { tried } from "./toasts.tsx";

const MOST_BLOBS = 12;

/** A payload or a result, with the files that it names. */
export function JobContent({ title, value }: { title: string; value: unknown }) {
  const id = useId();
  const blobs = [...blobsIn(value).keys()].slice(0, MOST_BLOBS);
  const json = JSON.stringify(value, null, 2);
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          class="button button-quiet button-small"
          onClick={() => void tried("Copied.", () => navigator.clipboard.writeText(json))}
        >
          Copy
        </button>
      </div>
      <div class="card-body stack-tight">
        {blobs.length > 0 && (
          <div class="pictures">
            {blobs.map((blob) => (
              <File key={blob} id={blob} />
            ))}
          </div>
        )}
        <Json text={json} label={title} />
      </div>
    </section>
  );
}

interface Loaded {
  readonly url: string;
  readonly type: string;
  readonly bytes: number;
}

/** A picture as a picture; anything else to be downloaded. */
function File({ id }: { id: string }) {
  const [loaded, setLoaded] = useState<Loaded | Error | null>(null);
  useEffect(() => {
    let url: string | null = null;
    let gone = false;
    const load = async () => {
      const content = await api().blobs.get(id);
      if (gone) return;
      url = URL.createObjectURL(content);
      setLoaded({ url, type: content.type, bytes: content.size });
    };
    load().catch((error: unknown) => setLoaded(error as Error));
    return () => {
      gone = true;
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [id]);
  if (loaded === null) return <span class="muted small">Loading {id.slice(-8)}…</span>;
  if (loaded instanceof Error) return <span class="muted small">{problemText(loaded)}</span>;
  const size = `${loaded.type}, ${sizeText(loaded.bytes)}`;
  return (
    <figure class="picture">
      {loaded.type.startsWith("image/") && <img src={loaded.url} alt={`Blob ${id.slice(-8)}`} />}
      <figcaption class="small">
        <a href={loaded.url} download={id}>
          …{id.slice(-8)}
        </a>{" "}
        <span class="muted">{size}</span>
      </figcaption>
    </figure>
  );
}

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
