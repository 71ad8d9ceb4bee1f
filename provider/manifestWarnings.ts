import type { Call } from "./layer/host";
import type { RunMemory } from "./layer/memory";
import { describeRuntimeNeeds } from "./manifest/exclude";
import type { ManifestFile, Selection } from "./manifest/model";
import { formatPosition } from "./manifest/position";
import { runtimeProvided } from "./manifest/runtimeProvided";
import { findOversize } from "./manifest/sizeHint";
import { findUnhashed } from "./manifest/unhashed";
import { maximumUncompressedSize } from "./package/limits";

const lockCommand = {
    "uv.lock": "uv lock",
    "poetry.lock": "poetry lock",
    "Pipfile.lock": "pipenv lock",
    "pylock.toml": "uv export --format pylock.toml",
    "requirements.txt": "",
} as const;

/** Warns, once in a run, when the lock's pyproject.toml has outgrown it. Costs a few milliseconds for each lock. */
export async function warnOfStaleness(memory: RunMemory, call: Call, file: ManifestFile): Promise<void> {
    // One lock may be the manifest of many layers.
    if (!memory.isNew("staleness", file.absolutePath, file.md5)) return;
    const { findStaleness } = await import("./manifest/staleness");
    const staleness = await findStaleness(file);
    if (staleness !== undefined) {
        call.log(
            "warning",
            `${staleness}. Run \`${lockCommand[file.kind]}\`: the layer is built from the lock.`,
        );
    }
}

/**
 * Warns of what a selection shows without building it: lines without hashes, too many bytes, the project itself, and
 * `excludeRuntimeProvided` that does nothing.
 */
export function warnOfSelection(call: Call, file: ManifestFile, selection: Selection): void {
    const [line] = selection.projectLines;
    if (line !== undefined) {
        call.log(
            "warning",
            `${file.kind === "requirements.txt" ? "The line" : "The entry"} ${formatPosition(line)} asks for the project itself, which is never in the layer; what the project needs has to be listed beside it.`,
        );
    }
    if (selection.runtimeNeeds.length > 0) call.log("warning", describeRuntimeNeeds(selection.runtimeNeeds));
    const unhashed = findUnhashed(selection.dependencies);
    const [first] = unhashed;
    if (first !== undefined) {
        const names =
            unhashed.length === 1
                ? `${first.name} has`
                : `${first.name} and ${unhashed.length - 1} more have`;
        const remedy =
            file.kind === "requirements.txt"
                ? "Write the file with `uv pip compile --generate-hashes`"
                : `Run \`${lockCommand[file.kind]}\` again`;
        call.log(
            "warning",
            `${names} no hash (${formatPosition(first.position)}), so another file of the same name would go unnoticed. ${remedy}.`,
        );
    }
    const oversize = findOversize(selection.dependencies, maximumUncompressedSize);
    if (oversize !== undefined) {
        call.log("warning", `${oversize}. Name what the functions do not need in exclude.`);
    }
}

/** Warns of modules that are not in the layer, by the folders of their packages. */
export function warnOfLeftOut(call: Call, leftOut: Readonly<Record<string, readonly string[]>>): void {
    for (const [folder, paths] of Object.entries(leftOut)) {
        const [first = "", ...others] = paths;
        const named = others.length === 0 ? first : `${first} and ${others.length} more`;
        const are = others.length === 0 ? "is" : "are";
        const them = others.length === 0 ? "it" : "them";
        call.log(
            "warning",
            `${named} of the local package ${folder} ${are} not in the layer: git does not track ${them}, or a .gitignore names ${them}. Run \`git add\` on ${them} (with -f for what is generated), or delete ${them}.`,
        );
    }
}

/** Warns of each package that an argument names and the manifest does not have. */
export function warnOfUnknownNames(call: Call, file: ManifestFile, selection: Selection): void {
    // A list that leaves the AWS SDK to the runtime may still have what needs it.
    const isOfRuntime = (name: string) => file.kind === "requirements.txt" && runtimeProvided.has(name);
    const excludes = selection.unknownExcludes.filter((name) => !isOfRuntime(name));
    const unknown = { exclude: excludes, allowSourceBuilds: selection.unknownSourceBuilds };
    for (const [argument, names] of Object.entries(unknown)) {
        for (const name of names) {
            call.log("warning", `${argument} names ${name}, which ${file.path} does not have.`);
        }
    }
}
