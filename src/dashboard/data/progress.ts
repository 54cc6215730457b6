import { useEffect, useState } from "preact/hooks";
import type { Progress } from "../../domain/progress.ts";
import { followOf } from "./live.ts";

/** How far a job's attempt has come, as it is told; null: it has told nothing. */
export function useProgress(jobId: string): Progress | null {
  const [progress, setProgress] = useState<Progress | null>(null);
  useEffect(
    () =>
      followOf(jobId).listen((told) => {
        if (told.event !== "events.missed") setProgress(told.progress);
      }),
    [jobId],
  );
  return progress;
}
