import path from "node:path";
import type { Call } from "./layer/host";
import type { RunMemory } from "./layer/memory";
import {
    type Manifest,
    type ManifestFile,
    parseManifest,
    type Selection,
    type SelectionSettings,
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
import { readDirectNames } from "./manifest/pyproject";
import { warnOfSelection, warnOfUnknownNames } from "./manifestWarnings";
import { type Props, sameValue, textOf, textsOf } from "./props";
import type { Target } from "./target";

/**
 * The inputs that take parsing a manifest: `dependencies`, where they may be compared `dependencyDigest`, and `sourcesDigest`
 * where some of them lie beside the manifest. Says which packages change, and warns of what a build would find wrong.
 *
 * @param before the `dependencies` of the old inputs
 * @throws the errors of parsing and selecting
 */
export async function selectedInputs(
    memory: RunMemory,
    call: Call,
    file: ManifestFile,
    inputs: Props,
    target: Target,
    before: unknown,
): Promise<Props> {
    const selection = await select(memory.manifests, file, inputs, target);
    const dependencies = dependencyVersions(selection);
    announceChange(call, before, dependencies);
    warnOfSelection(call, file, selection);
    // What an open list brings in shows when it is resolved.
    if (file.kind !== "requirements.txt" || inputs["resolveUnpinned"] !== true) {
        warnOfUnknownNames(call, file, selection);
    }
    const sources = await sourcesDigest(selection, path.dirname(file.absolutePath));
    return { ...sources, dependencies, ...comparable(call, selection, inputs) };
}

/** What of a manifest is installed for these inputs and this target. */
export async function select(
    manifests: Map<string, Manifest>,
    file: ManifestFile,
    inputs: Props,
    target: Target,
): Promise<Selection> {
    const settings = selectionSettings(inputs);
    const directNames =
        file.kind === "poetry.lock" && excludesPackages(settings)
            ? await readDirectNames(path.dirname(file.absolutePath))
            : undefined;
    return selectDependencies(
        parseManifest(file, manifests),
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
function announceChange(call: Call, before: unknown, after: Dependencies): void {
    if (isDependencies(before) && !sameValue(before, after)) {
        call.log("info", summarizeComparison(compareDependencies(before, after)));
    }
}

function comparable(call: Call, selection: Selection, inputs: Props): { dependencyDigest?: string } {
    if (inputs["changeDetection"] === "md5") {
        return {};
    }
    const doubt = selection.doubts[0];
    if (doubt === undefined) {
        return { dependencyDigest: dependencyDigest(selection) };
    }
    const place = doubt.position === undefined ? "" : ` (${doubt.position.file}:${doubt.position.line})`;
    call.log(
        "warning",
        `${doubt.reason}${place}, so any edit of the manifest counts as a change. ${doubt.next}`,
    );
    return {};
}
