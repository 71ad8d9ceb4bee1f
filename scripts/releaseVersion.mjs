// Ends with 0 when a tag, package.json, package-lock.json and the newest heading of CHANGELOG.md name the same version.
// Plain Node with no dependency: the release workflow runs it before anything is installed.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [tag, folder = dirname(dirname(fileURLToPath(import.meta.url)))] = process.argv.slice(2);
const read = (name) => readFileSync(join(folder, name), "utf8");
const [, changed = "none", state = ""] = /^## (\S+)(.*)$/m.exec(read("CHANGELOG.md")) ?? [];

const problems = Object.entries({
    "package.json": JSON.parse(read("package.json")).version,
    "package-lock.json": JSON.parse(read("package-lock.json")).version,
    "the newest heading of CHANGELOG.md": changed,
})
    .filter(([, version]) => `v${version}` !== tag)
    .map(([where, version]) => `${where} says ${version}, the tag ${tag}.`);
if (/unreleased/i.test(state)) {
    problems.push("The newest heading of CHANGELOG.md says that it is unreleased: give it its date.");
}
for (const problem of problems) {
    console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;
