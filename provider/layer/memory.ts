import type { SourceMemory } from "../build/sourceTree/sourceMemory";
import type { Manifest } from "../manifest/model";
import type { ManifestContent } from "../manifest/read";
import { type RememberUnchanged, rememberUnchanged } from "../unchangedFile";
import type { FoundBuckets } from "../upload/destination";

/**
 * What one run has seen of its resources. It answers the question that Pulumi's delete leaves open: is this resource removed,
 * or is it the old half of a replacement? Hints that can only keep: the ledger decides what is deleted.
 *
 * Measured on the engine: `check` runs before `delete` in the same process for every replacement, also with
 * deleteBeforeReplace, `--target-replace` and deletes left over from an interrupted run; a destroy runs no `check`.
 */
export interface RunMemory {
    /** What this run has seen of an owner's resource. */
    seenOf(ownerId: string): SeenResource;
    /** The default layer name chosen at the first check: the second one of a replacement is not shown the old inputs. */
    readonly layerNames: Map<string, string>;
    /** Whether this is new in this run. A second call with the same parts answers false: `check` runs twice for a replacement. */
    isNew(...parts: readonly string[]): boolean;
    /** Manifests that were understood last, see `manifest/parse.ts`. */
    readonly manifests: Map<string, Manifest>;
    /** Texts of manifests that were read last. */
    readonly manifestTexts: RememberUnchanged<ManifestContent>;
    readonly localSources: SourceMemory;
    /** Buckets that were looked at, so that many layers ask once. */
    readonly buckets: FoundBuckets;
}

/** What one run has seen of one resource. Each hook writes down what it was shown. */
export interface SeenResource {
    /** The engine checks the resource, so the program still has it. */
    isChecked: boolean;
    /** The engine has shown a state of it: a delete hook is to come, or has come. */
    hasState: boolean;
    /** Create ids that states showed. */
    readonly shown: Set<string>;
    /** Create ids whose delete hook has run. */
    readonly released: Set<string>;
    /** Where its version is to be, as this run's last check says: see `layerOf`. */
    placedIn: string | undefined;
    /** How many superseded versions survive, as the program says now; `undefined`: all, or not checked. */
    keepVersions: number | undefined;
}

/** A memory that has seen nothing yet. */
export function createRunMemory(): RunMemory {
    const resources = new Map<string, SeenResource>();
    const said = new Set<string>();
    return {
        seenOf: (ownerId) => {
            const seen = resources.get(ownerId) ?? {
                isChecked: false,
                hasState: false,
                shown: new Set(),
                released: new Set(),
                placedIn: undefined,
                keepVersions: undefined,
            };
            resources.set(ownerId, seen);
            return seen;
        },
        layerNames: new Map(),
        isNew: (...parts) => {
            const key = JSON.stringify(parts);
            const isNew = !said.has(key);
            said.add(key);
            return isNew;
        },
        manifests: new Map(),
        manifestTexts: rememberUnchanged(),
        // Made here, since what builds is loaded only when something is to be built.
        localSources: { underWay: new Map(), indexes: rememberUnchanged() },
        buckets: new Map(),
    };
}
