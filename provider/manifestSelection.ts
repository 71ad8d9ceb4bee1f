import path from "node:path";
import type { SourceMemory } from "./build/sourceTree/sourceMemory";
import type { Call } from "./layer/host";
import type { RunMemory } from "./layer/memory";
import {
    type Manifest,
    type ManifestFile,
    type ManifestKind,
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
import { excludesPackages, mayBeLeftOut } from "./manifest/exclude";
import { nameProjects } from "./manifest/projectName";
import { readDirectNames } from "./manifest/pyproject";
import { refuseUnpinned } from "./manifest/unpinned";
import { warnOfLeftOut, warnOfSelection, warnOfUnknownNames } from "./manifestWarnings";
import { type Props, sameValue, textOf, textsOf } from "./props";
import { counted } from "./quantities";
import type { Target } from "./target";

/**
 * The inputs that take parsing a manifest: `dependencies`, where they may be compared `dependencyDigest`, and `sourcesDigest`
 * where some of them lie beside the manifest. Says which packages change, and warns of what a build would find wrong.
 *
 * @param olds the old inputs
 * @throws the errors of parsing and selecting
 */
export async function selectedInputs(
    memory: RunMemory,
    call: Call,
    file: ManifestFile,
    inputs: Props,
    target: Target,
    olds: Props,
): Promise<Props> {
    const selection = await select(memory.manifests, file, inputs, target);
    const isOpen = isResolved(inputs, file.kind);
    if (!isOpen) {
        const settings = selectionSettings(inputs);
        refuseUnpinned(selection.dependencies.filter(({ name }) => !mayBeLeftOut(name, settings)));
    }
    const dependencies = dependencyVersions(selection);
    announceChange(call, olds, dependencies, isOpen);
    warnOfSelection(call, file, selection);
    // What an open list brings in shows when it is resolved.
    if (!isOpen) warnOfUnknownNames(call, file, selection);
    const { leftOut, ...sources } = await localSources(
        selection,
        path.dirname(file.absolutePath),
        memory.localSources,
    );
    announceSources(call, olds["sourcesDigest"], sources.sourcesDigest, selection);
    warnOfLeftOut(call, leftOut);
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
        await nameProjects(parseManifest(file, manifests), path.dirname(file.absolutePath)),
        { ...settings, ...(directNames === undefined ? {} : { directNames }) },
        target,
    );
}

/** Digests of what lies beside the manifest, no such property where nothing does; and modules that are not part of it. */
export async function localSources(
    { dependencies }: Pick<Selection, "dependencies">,
    manifestFolder: string,
    memory: SourceMemory,
    signal?: AbortSignal,
): Promise<{
    readonly sourcesDigest?: Readonly<Record<string, string>>;
    readonly leftOut: Readonly<Record<string, readonly string[]>>;
}> {
    if (
        dependencies.every(
            ({ source, file }) =>
                source.type !== "directory" && source.type !== "path" && file?.path === undefined,
        )
    ) {
        return { leftOut: {} };
    }
    const { digestSources } = await import("./build/sourceTree");
    const { digests, leftOut } = await digestSources(dependencies, manifestFolder, memory, signal);
    return { ...(Object.keys(digests).length === 0 ? {} : { sourcesDigest: digests }), leftOut };
}

function selectionSettings(inputs: Props): SelectionSettings {
    const workspaceMember = textOf(inputs, "package");
    return {
        ...(workspaceMember === undefined ? {} : { package: workspaceMember }),
        extras: textsOf(inputs, "extras"),
        groups: textsOf(inputs, "groups"),
        onlyGroups: textsOf(inputs, "onlyGroups"),
        localPackages: inputs["localPackages"] !== false,
        allowSourceBuilds: textsOf(inputs, "allowSourceBuilds"),
        exclude: textsOf(inputs, "exclude"),
        excludeRuntimeProvided: inputs["excludeRuntimeProvided"] === true,
    };
}

/** Whether what a manifest leaves open is resolved whenever a version is made. */
const isResolved = (inputs: Props, kind: ManifestKind): boolean =>
    kind === "requirements.txt" && inputs["resolveUnpinned"] === true;

/** Says in one line which packages change; the engine's own diff shows all of them. */
function announceChange(call: Call, olds: Props, after: Dependencies, isResolved: boolean): void {
    const before = olds["dependencies"];
    if (!isDependencies(before) || sameValue(before, after)) return;
    const isOpen = isResolved || olds["resolveUnpinned"] === true;
    call.log("info", summarizeComparison(compareDependencies(before, after), { isOpen }));
}

/** Says in one line which local packages are other ones than before. */
function announceSources(
    call: Call,
    before: unknown,
    after: Readonly<Record<string, string>> | undefined,
    { dependencies }: Selection,
): void {
    if (!isDependencies(before) || after === undefined) return;
    const changed = Object.keys(after).filter(
        (place) => Object.hasOwn(before, place) && before[place] !== after[place],
    );
    if (changed.length === 0) return;
    const named = changed.map((place) => {
        const name = dependencies.find(
            ({ source, file }) => ("path" in source ? source.path : file?.path) === place,
        )?.name;
        return name === undefined || name === place ? place : `${name} (${place})`;
    });
    call.log("info", `${counted(named.length, "local package")} changed: ${named.join(", ")}`);
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
