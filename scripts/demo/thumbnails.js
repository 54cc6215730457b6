import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { imageSize } from "image-size";
import { THIS_PROJECT } from "../this-project.ts";
import { demoClient } from "./client.ts";
import { finishedJob } from "./finished-jobs.ts";
import { unlikeness } from "./likeness.ts";
const PHOTOS = [
    { name: "chocolates", url: import.meta.resolve("exif-js/example/Bloated-Hero.jpg") },
    { name: "mountain", url: import.meta.resolve("exif-js/example/DSCN0614_small.jpg") },
];
const WIDTHS = [320, 96];
const FORMATS = ["webp", "jpeg"];
/** As `image-size` names formats, and as files end. */
const ENDINGS = { webp: "webp", jpeg: "jpg" };
/** Of 255: what scaling and compressing may change of a field's average colour. */
const MOST_UNLIKE = 12;
/** Photos are uploaded, scaled down and fetched again; the thumbnails are left in the demo's directory. */
export async function makeThumbnails({ callers, checks, directory }) {
    const client = demoClient(callers.demo);
    const photos = await Promise.all(PHOTOS.map((photo) => submit(client, photo)));
    const rows = [];
    const saved = [];
    for (const photo of photos) {
        const job = await finishedJob(client, photo.job, photo.name);
        checkResult(photo, job, checks);
        const save = (thumbnail) => saveThumbnail(client, photo, thumbnail, directory, checks);
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
async function submit(client, { name, url }) {
    const content = new Uint8Array(await readFile(new URL(url)));
    const { id } = await client.blobs.put(content, { contentType: "image/jpeg" });
    const sizes = WIDTHS.map((width) => ({ width }));
    const payload = { image: { blob: id }, sizes, formats: FORMATS };
    return { name, content, job: await client.jobs.enqueue("image.thumbnail", payload) };
}
/** What the job says that it has read and made. */
function checkResult({ name, content }, { state, errors, result }, checks) {
    checks.equal(`${name}: state, errors`, [state, errors], ["succeeded", []]);
    const { width, height } = imageSize(content);
    checks.equal(`${name}: source`, result?.source, { width, height, format: "jpeg", bytes: content.byteLength });
    const made = result?.thumbnails.map(({ width, format }) => `${width} ${format}`) ?? [];
    const expected = WIDTHS.flatMap((width) => FORMATS.map((format) => `${width} ${format}`));
    checks.equal(`${name}: thumbnails`, made.toSorted(), expected.toSorted());
}
async function saveThumbnail(client, photo, thumbnail, directory, checks) {
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
function checkPicture(name, content, photo, { width, format }, checks) {
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
function kilobytes(bytes) {
    return `${(bytes.reduce((sum, one) => sum + one, 0) / 1000).toFixed(1)} kB`;
}
