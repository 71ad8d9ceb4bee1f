import { createHash } from "node:crypto";
import path from "node:path";
import { selectionInputs } from "./inputEffects";
import type { CheckedInputs } from "./inputs";
import {
    type ManifestFile,
    type ManifestKind,
    parseManifest,
    readManifest,
    readManifestBytes,
    selectDependencies,
} from "./manifest";
import {
    compareDependencies,
    type Dependencies,
    dependencyDigest,
    dependencyVersions,
    isDependencies,
    summarizeComparison,
} from "./manifest/compare";
import { excludesPackages } from "./manifest/exclude";
import { manifestKinds, type Selection, type SelectionSettings } from "./manifest/model";
import { readDirectNames } from "./manifest/pyproject";
import { warnOfSelection, warnOfStaleness, warnOfUnknownNames } from "./manifestWarnings";
import { type Props, sameValue, textOf, textsOf } from "./props";
import { reportOnce, subjectOf, warnOnce } from "./report";
import type { Target } from "./target";
import { hasUnknown, unknownValue } from "./unknown";

/** Inputs that are read off the manifest. Given already, they are the engine's `ignoreChanges` and stay together. */
const computed = [
    "manifestMd5",
    "includesDigest",
    "sourcesDigest",
    "dependencies",
    "dependencyDigest",
] as const;

/**
 * The inputs that come from the manifest: `manifestMd5` always; for a `PythonLayer` also `includesDigest` (where it
 * includes files), `dependencies` (name → version), where they may be compared `dependencyDigest`, and `sourcesDigest` where
 * some of them lie beside the manifest.
 *
 * @param folder the program's directory, where a relative path starts
 * @throws the errors of reading, parsing and selecting; nothing of the manifest is executed or sent anywhere
 */
export async function describeDependencies(
    resourceType: CheckedInputs["resourceType"],
    olds: Props,
    inputs: Props,
    target: Target | undefined,
    folder: string,
): Promise<Props> {
    if (computed.some((name) => inputs[name] !== undefined)) {
        return pick(olds, computed);
    }
    const manifest = inputs["manifest"];
    if (typeof manifest !== "string" || hasUnknown(manifest)) {
        return resourceType === "LayerVersion"
            ? { manifestMd5: unknownValue }
            : { manifestMd5: unknownValue, dependencies: unknownValue, dependencyDigest: unknownValue };
    }
    if (resourceType === "LayerVersion") {
        return { manifestMd5: (await readManifestBytes(manifest, folder)).md5 };
    }
    const file = await readManifest(manifest, { folder, ...kindOf(inputs) });
    const read = { manifestMd5: file.md5, ...includesDigest(file) };
    const settled = pick(inputs, selectionInputs);
    if (target === undefined || hasUnknown(settled)) {
        const sources = pick(olds, ["sourcesDigest"]);
        return { ...read, ...sources, dependencies: unknownValue, dependencyDigest: unknownValue };
    }
    const manifestFolder = path.dirname(file.absolutePath);
    await warnOfStaleness(file, subjectOf(inputs));
    const unchanged =
        sameValue(pick(olds, ["manifestMd5", "includesDigest"]), read) &&
        sameValue(pick(olds, selectionInputs), settled);
    if (unchanged && olds["dependencies"] !== undefined) {
        const sources = olds["sourcesDigest"];
        if (sources === undefined) {
            return pick(olds, computed);
        }
        const { digestPaths } = await import("./build/sourceTree");
        const digests = await digestPaths(
            Object.keys(isDependencies(sources) ? sources : {}),
            manifestFolder,
        );
        if (digests !== undefined) {
            return { ...pick(olds, computed), sourcesDigest: digests };
        }
    }
    const selection = await select(file, inputs, target);
    const dependencies = dependencyVersions(selection);
    announceChange(olds["dependencies"], dependencies, inputs);
    warnOfSelection(file, selection, subjectOf(inputs));
    // What an open list brings in shows when it is resolved.
    if (file.kind !== "requirements.txt" || inputs["resolveUnpinned"] !== true) {
        warnOfUnknownNames(file, selection, subjectOf(inputs));
    }
    return {
        ...read,
        ...(await sourcesDigest(selection, manifestFolder)),
        dependencies,
        ...comparable(selection, inputs),
    };
}

/** What of a manifest is installed for these inputs and this target. */
export async function select(file: ManifestFile, inputs: Props, target: Target): Promise<Selection> {
    const settings = selectionSettings(inputs);
    const directNames =
        file.kind === "poetry.lock" && excludesPackages(settings)
            ? await readDirectNames(path.dirname(file.absolutePath))
            : undefined;
    return selectDependencies(
        parseManifest(file),
        { ...settings, ...(directNames === undefined ? {} : { directNames }) },
        target,
    );
}

/** Digests of what lies beside the manifest; no such property where nothing does. */
export async function sourcesDigest(
    { dependencies }: Pick<Selection, "dependencies">,
    manifestFolder: string,
    signal?: AbortSignal,
): Promise<{ sourcesDigest?: Readonly<Record<string, string>> }> {
    if (
        dependencies.every(
            ({ source, file }) =>
                source.type !== "directory" && source.type !== "path" && file?.path === undefined,
        )
    ) {
        return {};
    }
    const { digestSources } = await import("./build/sourceTree");
    const digests = await digestSources(dependencies, manifestFolder, signal);
    return Object.keys(digests).length === 0 ? {} : { sourcesDigest: digests };
}

/** The `manifestKind` option of {@link readManifest}. */
export function kindOf(inputs: Props): { kind?: ManifestKind } {
    const given = textOf(inputs, "manifestKind");
    const kind = manifestKinds.find((each) => each === given);
    return kind === undefined ? {} : { kind };
}

function selectionSettings(inputs: Props): SelectionSettings {
    const workspaceMember = textOf(inputs, "package");
    return {
        ...(workspaceMember === undefined ? {} : { package: workspaceMember }),
        extras: textsOf(inputs, "extras"),
        groups: textsOf(inputs, "groups"),
        localPackages: inputs["localPackages"] !== false,
        allowSourceBuilds: textsOf(inputs, "allowSourceBuilds"),
        exclude: textsOf(inputs, "exclude"),
        excludeRuntimeProvided: inputs["excludeRuntimeProvided"] === true,
    };
}

/** Says in one line which packages change; the engine's own diff shows all of them. */
function announceChange(before: unknown, after: Dependencies, inputs: Props): void {
    if (isDependencies(before) && !sameValue(before, after)) {
        reportOnce(subjectOf(inputs), summarizeComparison(compareDependencies(before, after)));
    }
}

function comparable(selection: Selection, inputs: Props): { dependencyDigest?: string } {
    if (inputs["changeDetection"] === "md5") {
        return {};
    }
    const doubt = selection.doubts[0];
    if (doubt === undefined) {
        return { dependencyDigest: dependencyDigest(selection) };
    }
    const place = doubt.position === undefined ? "" : ` (${doubt.position.file}:${doubt.position.line})`;
    warnOnce(
        subjectOf(inputs),
        `${doubt.reason}${place}, so any edit of the manifest counts as a change. ${doubt.next}`,
    );
    return {};
}

function includesDigest(file: ManifestFile): { includesDigest?: string } {
    if (file.includes.length === 0) {
        return {};
    }
    const digest = createHash("sha256");
    for (const { path: included, bytes } of file.includes) {
        digest.update(`${included}\0${bytes.length}\0`).update(bytes);
    }
    return { includesDigest: digest.digest("hex") };
}

const pick = (props: Props, names: readonly string[]): Record<string, unknown> =>
    Object.fromEntries(names.flatMap((name) => (props[name] === undefined ? [] : [[name, props[name]]])));
