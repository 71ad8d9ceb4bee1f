import { createHash } from "node:crypto";
import path from "node:path";
import { objectUri, readObject } from "../aws/objects";
import { isLayerError } from "../errors";
import {
    type Dependency,
    type Manifest,
    manifestKindOf,
    parseManifest,
    selectDependencies,
} from "../manifest";
import { manifestKinds } from "../manifest/model";
import { type Props, textOf, textsOf } from "../props";
import { type LayerStore, manifestObject } from "../publish/layout";
import type { VersionRecord } from "../publish/record";
import { type Target, targetFor } from "../target";

/** A manifest as it is kept beside a version. */
export interface StoredManifest {
    /** S3 URI, for messages. */
    readonly uri: string;
    readonly fileName: string;
    readonly bytes: Buffer;
}

/** The manifest that a record is of; `undefined` where it is not kept any more. */
export async function readStored(
    store: LayerStore,
    { version, manifest: { fileName } }: VersionRecord,
): Promise<StoredManifest | undefined> {
    const key = manifestObject(store, version, fileName);
    const bytes = (await readObject(store.bucket, key))?.body;
    return bytes && { uri: objectUri(store.bucket, key), fileName, bytes };
}

/** The target that settings name; `undefined` where they name none, or one that is not known any more. */
export function targetOf(settings: Props): Target | undefined {
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
export function selectStored(stored: StoredManifest, settings: Props): readonly Dependency[] | undefined {
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
                    onlyGroups: textsOf(settings, "onlyGroups"),
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

function parseStored({ uri, fileName, bytes }: StoredManifest, settings: Props): Manifest | undefined {
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
