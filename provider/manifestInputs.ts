import { createHash } from "node:crypto";
import path from "node:path";
import { selectionInputs } from "./inputEffects";
import type { CheckedInputs } from "./inputs";
import type { Call, Host } from "./layer/host";
import { isDependencies } from "./manifest/compare";
import { type ManifestFile, type ManifestKind, manifestKinds } from "./manifest/model";
import { readManifest, readManifestBytes } from "./manifest/read";
import { warnOfLeftOut, warnOfStaleness } from "./manifestWarnings";
import { type Props, sameValue, textOf } from "./props";
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
 * @throws the errors of reading, parsing and selecting; nothing of the manifest is executed or sent anywhere
 */
export async function describeDependencies(
    host: Host,
    call: Call,
    resourceType: CheckedInputs["resourceType"],
    olds: Props,
    inputs: Props,
    target: Target | undefined,
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
        return { manifestMd5: (await readManifestBytes(manifest, host.folder)).md5 };
    }
    const file = await readManifest(manifest, {
        folder: host.folder,
        environment: host.environment,
        texts: host.memory.manifestTexts,
        ...kindOf(inputs),
    });
    const read = { manifestMd5: file.md5, ...includesDigest(file) };
    const settled = pick(inputs, selectionInputs);
    if (target === undefined || hasUnknown(settled)) {
        const sources = pick(olds, ["sourcesDigest"]);
        return { ...read, ...sources, dependencies: unknownValue, dependencyDigest: unknownValue };
    }
    const manifestFolder = path.dirname(file.absolutePath);
    await warnOfStaleness(host.memory, call, file);
    const unchanged =
        sameValue(pick(olds, ["manifestMd5", "includesDigest"]), read) &&
        sameValue(pick(olds, selectionInputs), settled);
    if (unchanged && olds["dependencies"] !== undefined) {
        const sources = olds["sourcesDigest"];
        if (sources === undefined) {
            return pick(olds, computed);
        }
        const { digestPaths } = await import("./build/sourceTree");
        const found = await digestPaths(
            Object.keys(isDependencies(sources) ? sources : {}),
            manifestFolder,
            host.memory.localSources,
        );
        if (found !== undefined && sameValue(found.digests, sources)) {
            warnOfLeftOut(call, found.leftOut);
            return pick(olds, computed);
        }
    }
    // Only now is there a manifest to understand: for an unchanged one, what does that is not even loaded.
    const { selectedInputs } = await import("./manifestSelection");
    return { ...read, ...(await selectedInputs(host.memory, call, file, inputs, target, olds)) };
}

/** The `manifestKind` option of {@link readManifest}. */
export function kindOf(inputs: Props): { kind?: ManifestKind } {
    const given = textOf(inputs, "manifestKind");
    const kind = manifestKinds.find((each) => each === given);
    return kind === undefined ? {} : { kind };
}

function includesDigest(file: ManifestFile): { includesDigest?: string } {
    if (file.includes.length === 0 && file.variables === undefined) {
        return {};
    }
    const folder = path.dirname(file.absolutePath);
    const digest = createHash("sha256");
    for (const { absolutePath, bytes } of file.includes) {
        // Relative to the manifest, wherever both are checked out.
        const included = path.relative(folder, absolutePath).split(path.sep).join("/");
        digest.update(`${included}\0${bytes.length}\0`).update(bytes);
    }
    for (const [name, value] of Object.entries(file.variables ?? {})) {
        digest.update(`\0${name}\0${value}`);
    }
    return { includesDigest: digest.digest("hex") };
}

const pick = (props: Props, names: readonly string[]): Record<string, unknown> =>
    Object.fromEntries(names.flatMap((name) => (props[name] === undefined ? [] : [[name, props[name]]])));
