/** Keys of R2 objects, those of blobs and those of jobs' payloads and results apart. */
interface Keys {
  readonly blobs: readonly (readonly [key: string, tenantId: string, blobId: string])[];
  readonly content: readonly (readonly [key: string, tenantId: string, jobId: string])[];
}

/**
 * Which of these objects in R2 belong to no job: blobs that no job names, payloads and results that no job's row has,
 * be it as what came of the job before it.
 * Objects whose keys are not of a form that Sluice gives are left alone.
 */
export async function findOrphans(db: D1Database, keys: readonly string[]): Promise<string[]> {
  const { blobs, content } = sort(keys);
  const unnamed = db
    .prepare(
      `SELECT k.value->>0 AS key FROM json_each(?1) k WHERE NOT EXISTS (
         SELECT 1 FROM job_blobs b CROSS JOIN jobs j
         WHERE b.tenant_id = k.value->>1 AND b.blob_id = k.value->>2 AND j.tenant_id = b.tenant_id AND j.id = b.job_id)`,
    )
    .bind(JSON.stringify(blobs));
  const unheld = db
    .prepare(
      `SELECT k.value->>0 AS key FROM json_each(?1) k WHERE NOT EXISTS (
         SELECT 1 FROM jobs j WHERE j.tenant_id = k.value->>1 AND j.id = k.value->>2
           AND (j.payload_blob = k.value->>0 OR j.result_blob = k.value->>0))
         AND NOT EXISTS (
         SELECT 1 FROM jobs j INDEXED BY jobs_previous
         WHERE j.tenant_id = k.value->>1 AND j.previous_blob = k.value->>0 AND j.previous_blob IS NOT NULL)`,
    )
    .bind(JSON.stringify(content));
  const found = await db.batch<{ key: string }>([unnamed, unheld]);
  return found.flatMap(({ results }) => results.map(({ key }) => key));
}

/** Forgets who has named these blobs, which are gone. */
export async function forgetBlobs(db: D1Database, keys: readonly string[]): Promise<void> {
  const { blobs } = sort(keys);
  if (blobs.length === 0) return;
  await db
    .prepare("DELETE FROM job_blobs WHERE (tenant_id, blob_id) IN (SELECT value->>1, value->>2 FROM json_each(?1))")
    .bind(JSON.stringify(blobs))
    .run();
}

function sort(keys: readonly string[]): Keys {
  const parts = keys.flatMap((key) => {
    const [tenantId, second, third, ...rest] = key.split("/");
    return tenantId && second && third && rest.length === 0 ? [{ key, tenantId, second, third }] : [];
  });
  return {
    blobs: parts.flatMap(({ key, tenantId, second, third }) =>
      second === "blobs" ? [[key, tenantId, third] as const] : [],
    ),
    content: parts.flatMap(({ key, tenantId, second }) =>
      second === "blobs" ? [] : [[key, tenantId, second] as const],
    ),
  };
}
