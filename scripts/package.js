import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
// Makes the tarball that a team installs. It is made in a directory of its own, since the project's package.json holds
// what only its developers need: npm would install the optional dependencies for whoever installs the package.
const PROJECT = join(import.meta.dirname, "..");
const STAGE = join(PROJECT, ".package");
const KEPT = [
    "name",
    "version",
    "description",
    "license",
    "type",
    "engines",
    "exports",
    "bin",
    "dependencies",
    "peerDependencies",
    "peerDependenciesMeta",
];
const run = promisify(execFile);
const { values } = parseArgs({ options: { out: { type: "string", default: "sluice.tgz" } } });
try {
    const tarball = await makePackage(resolve(values.out));
    console.log(tarball);
}
catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
}
async function makePackage(tarball) {
    await rm(STAGE, { recursive: true, force: true });
    await compile();
    await mkdir(STAGE, { recursive: true });
    await writeFile(join(STAGE, "package.json"), `${JSON.stringify(await manifest(), null, 2)}\n`);
    const onlySql = (source) => !source.includes("meta");
    await cp(join(PROJECT, "migrations"), join(STAGE, "migrations"), { recursive: true, filter: onlySql });
    for (const page of ["README.md", "CHANGELOG.md"])
        await cp(join(PROJECT, page), join(STAGE, page));
    const { stdout } = await run("npm", ["pack", "--silent"], { cwd: STAGE });
    await mkdir(dirname(tarball), { recursive: true });
    await rename(join(STAGE, stdout.trim()), tarball);
    return tarball;
}
async function compile() {
    const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
    try {
        await run(process.execPath, [compiler, "-p", join(PROJECT, "tsconfig.package.json")]);
    }
    catch (error) {
        throw new Error(`The package does not compile:\n${error.stdout}`, { cause: error });
    }
}
async function manifest() {
    const whole = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
    return Object.fromEntries(KEPT.filter((field) => field in whole).map((field) => [field, whole[field]]));
}
