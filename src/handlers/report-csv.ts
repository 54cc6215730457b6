import { z } from "zod";
import type { BlobRef } from "../domain/blob.ts";
import { defineHandler } from "../domain/handler.ts";
import { FatalError } from "../domain/outcome.ts";
import { blobRef } from "../protocol/blob-ref.ts";
import { CsvHeader } from "./csv-header.ts";
import { readCsv } from "./csv-stream.ts";
import type { SkippedCells } from "./report-columns.ts";
import { type Group, Groups } from "./report-groups.ts";
import { reportHtml } from "./report-html.ts";
import { checkLayout, layoutFields } from "./report-layout.ts";
import { inOrder } from "./report-order.ts";
import { checkNames, type Query, queryFields } from "./report-query.ts";

const DELIMITER = /^[^"\r\n]$/u;

const input = z
  .strictObject({
    /** The CSV itself, or a blob that holds it. Its first line names the columns. */
    csv: z.union([z.string(), blobRef], { error: 'must be CSV as text, or { "blob": "blob_…" }' }),
    /** Default ",". */
    delimiter: z.string().regex(DELIMITER, "must be one character, and no quote or line break").default(","),
    ...queryFields,
    ...layoutFields,
  })
  .superRefine(checkNames)
  .superRefine(checkLayout);

/** What a `report.csv` job leaves as its result. */
export interface Report {
  /** Of the CSV, without its header. */
  readonly rows: number;
  /** Groups in all, `limit` or not. */
  readonly groupCount: number;
  readonly groups: readonly Group[];
  /** By column: cells that `sum`, `avg`, `min` and `max` had to leave out. Columns without such cells are not listed. */
  readonly skipped: Readonly<Record<string, SkippedCells>>;
  /** The page, where one was asked for. */
  readonly html?: BlobRef;
}

/**
 * Groups the rows of a CSV and computes figures of each group. The CSV is streamed: one of 100 MB takes no more memory
 * than a small one with as many groups. What is wrong with a CSV fails the job at once, since it will not get better.
 */
export const reportCsv = defineHandler({
  type: "report.csv",
  input,
  // For 100 MB: some seconds of CPU, and as long as R2 takes.
  timeout: "2m",
  perBatch: 2,
  run: async ({ csv, delimiter, ...query }, { blobs, signal }): Promise<Report> => {
    const body = typeof csv === "string" ? new Blob([csv]).stream() : (await blobs.get(csv)).body;
    const figures = await readCsv(body, { delimiter, signal }, (records) => report(query, records));
    if (query.format === "json") return figures;
    const page = reportHtml(figures, query, query);
    return { ...figures, html: await blobs.put(page, { contentType: "text/html; charset=utf-8" }) };
  },
});

async function report(query: Query, records: AsyncIterable<string[]>): Promise<Report> {
  let groups: Groups | undefined;
  let rows = 0;
  for await (const record of records) {
    if (groups === undefined) {
      groups = new Groups(query, new CsvHeader(record));
    } else {
      groups.add(record);
      rows++;
    }
  }
  if (groups === undefined) throw new FatalError("the CSV is empty: its first line has to name the columns");
  const results = groups.results();
  const ordered = query.orderBy === undefined ? results : inOrder(results, query.orderBy);
  const skipped = groups.skipped();
  return { rows, groupCount: results.length, groups: ordered.slice(0, query.limit), skipped };
}
