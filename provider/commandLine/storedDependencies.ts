import { createHash } from "node:crypto";
import path from "node:path";
import { isLayerError } from "../errors";
import {
    type Dependencies,
    type Dependency,
    dependencyVersions,
    type Manifest,
    manifestKindOf,
    parseManifest,
    selectDependencies,
} from "../manifest";
import { manifestKinds } from "../manifest/model";
import { type Props, textOf, textsOf } from "../props";
import { type Target, targetFor } from "../target";

/** A manifest as it is kept beside a version. */
export interface StoredManifest {
    /** S3 URI, for messages. */
    readonly uri: string;
    readonly fileName: string;
    readonly bytes: Buffer;
}

/** What a version was made for and from: the settings of its record, or what the command line says instead. */
export type Settings = Props;

/** The target that settings name; `undefined` where they name none, or one that is not known any more. */
export function targetOf(settings: Settings): Target | undefined {
    const pythonVersion = textOf(settings, "pythonVersion");
    const architecture = settings["architecture"] === "arm64" ? "arm64" : "x86_64";
    try {
        return pythonVersion === undefined ? undefined : targetFor(pythonVersion, architecture);
    } catch {
        return undefined;
    }
}

/**
 * What of a kept manifest is installed for these settings; `undefined` where they name no target, or the manifest is of
 * another kind, is not complete (an included file is not kept with it), or has nothing for the target.
 */
export function selectStored(stored: StoredManifest, settings: Settings): readonly Dependency[] | undefined {
    const target = targetOf(settings);
    const manifest = target && parseStored(stored, settings);
    if (target === undefined || manifest === undefined) {
        return undefined;
    }
    const workspaceMember = textOf(settings, "package");
    const exclude = textsOf(settings, "exclude");
    return orNothing(
        () =>
            selectDependencies(
                manifest,
                {
                    ...(workspaceMember === undefined ? {} : { package: workspaceMember }),
                    extras: textsOf(settings, "extras"),
                    groups: textsOf(settings, "groups"),
                    localPackages: settings["localPackages"] !== false,
                    // What was built once was allowed to be.
                    allowSourceBuilds: manifest.packages.map(({ name }) => name),
                    exclude,
                    excludeRuntimeProvided: settings["excludeRuntimeProvided"] === true,
                },
                target,
            ).dependencies,
    );
}

/**
 * The packages of a kept manifest: those for the target of the settings or, where there is none, all that it lists,
 * whatever they are for. `undefined` where the manifest cannot be read.
 */
export function storedDependencies(
    stored: StoredManifest,
    settings: Settings,
): { readonly dependencies: Dependencies; readonly complete: boolean } | undefined {
    const selected = selectStored(stored, settings);
    if (selected !== undefined) {
        return { dependencies: dependencyVersions({ dependencies: selected }), complete: true };
    }
    const manifest = parseStored(stored, settings);
    return manifest === undefined ? undefined : { dependencies: listedPackages(manifest), complete: false };
}

/** Every package of a manifest but the projects that it locks for; several versions of one (forks) with a comma between. */
function listedPackages(manifest: Manifest): Dependencies {
    const projects = new Set(manifest.projects);
    const versions = new Map<string, Set<string>>();
    for (const { name, version, source } of manifest.packages) {
        const isProject = projects.has(name) || (source.type === "directory" && source.virtual);
        if (!isProject) {
            versions.set(name, (versions.get(name) ?? new Set()).add(version ?? ""));
        }
    }
    return Object.fromEntries(
        [...versions]
            .sort(([left], [right]) => (left < right ? -1 : 1))
            .map(([name, each]) => [name, [...each].sort().join(", ")]),
    );
}

function parseStored({ uri, fileName, bytes }: StoredManifest, settings: Settings): Manifest | undefined {
    return orNothing(() => {
        const kind =
            manifestKinds.find((each) => each === settings["manifestKind"]) ?? manifestKindOf(fileName);
        const folder = path.resolve(path.sep);
        return parseManifest({
            kind,
            path: uri,
            folder,
            absolutePath: path.join(folder, fileName),
            bytes,
            md5: createHash("md5").update(bytes).digest("hex"),
            text: new TextDecoder("utf-8", { fatal: true }).decode(bytes),
            includes: [],
        });
    });
}

/** What `read` gives, or `undefined` where the manifest is the reason that it gives nothing. */
function orNothing<Result>(read: () => Result): Result | undefined {
    try {
        return read();
    } catch (error) {
        if (isLayerError(error) || error instanceof TypeError) {
            return undefined;
        }
        throw error;
    }
}
