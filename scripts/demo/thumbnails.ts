import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { imageSize } from "image-size";
import { THIS_PROJECT } from "../this-project.ts";
import type { Checks } from "./checks.ts";
import { type DemoClient, demoClient, type ThumbnailJobView } from "./client.ts";
import { finishedJob } from "./finished-jobs.ts";
import { unlikeness } from "./likeness.ts";
import type { Part, Stage } from "./stage.ts";
import type { TableRow } from "./table.ts";

const PHOTOS = [
  { name: "chocolates", url: import.meta.resolve("exif-js/example/Bloated-Hero.jpg") },
  { name: "mountain", url: import.meta.resolve("exif-js/example/DSCN0614_small.jpg") },
];
const WIDTHS = [320, 96];
const FORMATS: Thumbnail["format"][] = ["webp", "jpeg"];
/** As `image-size` names formats, and as files end. */
const ENDINGS = { webp: "webp", jpeg: "jpg" };
/** Of 255: what scaling and compressing may change of a field's average colour. */
const MOST_UNLIKE = 12;

type Thumbnail = NonNullable<ThumbnailJobView["result"]>["thumbnails"][number];

interface Photo {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly job: ThumbnailJobView;
}

/** A file that was made. */
interface Saved {
  readonly file: string;
  readonly bytes: number;
  /** Its size and format are those that were asked for, and it shows the photo. */
  readonly right: boolean;
}

/** Photos are uploaded, scaled down and fetched again; the thumbnails are left in the demo's directory. */
export async function makeThumbnails({ callers, checks, directory }: Stage): Promise<Part> {
  const client = demoClient(callers.demo);
  const photos = await Promise.all(PHOTOS.map((photo) => submit(client, photo)));
  const rows: TableRow[] = [];
  const saved: Saved[] = [];
  for (const photo of photos) {
    const job = await finishedJob(client, photo.job, photo.name);
    checkResult(photo, job, checks);
    const save = (thumbnail: Thumbnail) => saveThumbnail(client, photo, thumbnail, directory, checks);
    const files = await Promise.all((job.result?.thumbnails ?? []).map(save));
    rows.push({ job, result: files[0]?.file ?? job.errors.at(-1)?.message ?? "" });
    saved.push(...files);
  }
  const before = `${photos.length} photos, ${kilobytes(photos.map(({ content }) => content.byteLength))}`;
  const after = `${saved.length} thumbnails, ${kilobytes(saved.map(({ bytes }) => bytes))}`;
  const where = `${relative(THIS_PROJECT.dir, directory)}/`;
  const well = `${saved.filter(({ right }) => right).length}/${saved.length} like their photo`;
  return { rows, summary: `${before} → ${after}, ${FORMATS.join(" and ")}, in ${where}; ${well}` };
}

async function submit(client: DemoClient, { name, url }: (typeof PHOTOS)[number]): Promise<Photo> {
  const content = new Uint8Array(await readFile(new URL(url)));
  const { id } = await client.blobs.put(content, { contentType: "image/jpeg" });
  const sizes = WIDTHS.map((width) => ({ width }));
  const payload = { image: { blob: id }, sizes, formats: FORMATS };
  return { name, content, job: await client.jobs.enqueue("image.thumbnail", payload) };
}

/** What the job says that it has read and made. */
function checkResult({ name, content }: Photo, { state, errors, result }: ThumbnailJobView, checks: Checks): void {
  checks.equal(`${name}: state, errors`, [state, errors], ["succeeded", []]);
  const { width, height } = imageSize(content);
  checks.equal(`${name}: source`, result?.source, { width, height, format: "jpeg", bytes: content.byteLength });
  const made = result?.thumbnails.map(({ width, format }) => `${width} ${format}`) ?? [];
  const expected = WIDTHS.flatMap((width) => FORMATS.map((format) => `${width} ${format}`));
  checks.equal(`${name}: thumbnails`, made.toSorted(), expected.toSorted());
}

async function saveThumbnail(
  client: DemoClient,
  photo: Photo,
  thumbnail: Thumbnail,
  directory: string,
  checks: Checks,
): Promise<Saved> {
  const blob = await client.blobs.get(thumbnail);
  const content = await blob.bytes();
  const name = `${photo.name}-${thumbnail.width}.${ENDINGS[thumbnail.format]}`;
  const right = [
    checks.equal(`${name}: type`, blob.type, `image/${thumbnail.format}`),
    checks.equal(`${name}: bytes`, content.byteLength, thumbnail.bytes),
    checkPicture(name, content, photo, thumbnail, checks),
  ].every((holds) => holds);
  const file = join(directory, name);
  await writeFile(file, content);
  return { file: relative(THIS_PROJECT.dir, file), bytes: content.byteLength, right };
}

/** Looks at the picture itself, with other eyes than those of the handler. */
function checkPicture(
  name: string,
  content: Uint8Array,
  photo: Photo,
  { width, format }: Thumbnail,
  checks: Checks,
): boolean {
  const original = imageSize(photo.content);
  const height = Math.round((original.height * width) / original.width);
  const { width: seenWidth, height: seenHeight, type } = imageSize(content);
  const unlike = unlikeness(content, photo.content);
  return [
    checks.equal(`${name}: width, height`, [seenWidth, seenHeight], [width, height]),
    checks.equal(`${name}: format`, type, ENDINGS[format]),
    checks.holds(`${name}: unlikeness to its photo`, unlike <= MOST_UNLIKE, `at most ${MOST_UNLIKE} of 255`, unlike),
  ].every((holds) => holds);
}

function kilobytes(bytes: readonly number[]): string {
  return `${(bytes.reduce((sum, one) => sum + one, 0) / 1_000).toFixed(1)} kB`;
}
