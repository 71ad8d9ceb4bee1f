import { createSourceMemory, type SourceMemory } from "../build/sourceTree/sourceMemory";
import type { Manifest } from "../manifest/model";
import type { ManifestContent } from "../manifest/read";
import { type RememberUnchanged, rememberUnchanged } from "../manifest/unchangedFile";
import type { Props } from "../props";
import type { KeepVersions } from "../publish/retention";

/**
 * What one run has seen of its resources. It answers the question that Pulumi's delete leaves open: is this resource removed,
 * or is it the old half of a replacement?
 *
 * Measured on the engine: `check` runs before `delete` in the same process for every replacement, also with
 * deleteBeforeReplace, `--target-replace` and deletes left over from an interrupted run; a destroy runs no `check`.
 */
export interface RunMemory {
    /** The engine checks this owner's resource, so the program still has it. */
    noteCheck(ownerId: string, checked: CheckedResource): void;
    /** What was checked last for the owner; `undefined` when it was not checked in this run. */
    checkedFor(ownerId: string): CheckedResource | undefined;
    /** A version was published or taken over for this owner in this run. */
    noteCreate(ownerId: string, id: string): void;
    /**
     * Who lives on after a delete: the owner itself (a replacement), or another resource of this run on the same layer
     * (a rename without an alias). `undefined`: the resource is removed.
     */
    survivorOf(ownerId: string, layer: string): string | undefined;
    /** The version that this run published or took over for the owner. */
    createdFor(ownerId: string): string | undefined;
    /** The default layer name chosen at the first check: the second one of a replacement is not shown the old inputs. */
    readonly layerNames: Map<string, string>;
    /** Whether this is new in this run. A second call with the same parts answers false: `check` runs twice for a replacement. */
    isNew(...parts: readonly string[]): boolean;
    /** Manifests that were understood last, see `manifest/parse.ts`. */
    readonly manifests: Map<string, Manifest>;
    /** Texts of manifests that were read last. */
    readonly manifestTexts: RememberUnchanged<ManifestContent>;
    readonly localSources: SourceMemory;
}

/** What a check shows of a resource that is to live on. */
export interface CheckedResource {
    /** Region and name of the layer. */
    readonly layer: string;
    /** The program's setting, which may be newer than the state's. */
    readonly keepVersions: KeepVersions;
    /** Whether the resource had permissions before: without any now, they are to be taken back from kept versions. */
    readonly hadPermissions: boolean;
    /** Who may use the layer now; empty where the program names nobody. */
    readonly permissions: readonly string[];
    /** Whether the resource was on no layer before, or on another: what it once granted on this one, no state says. */
    readonly cameFromElsewhere: boolean;
}

/** A memory that has seen nothing yet. */
export function createRunMemory(): RunMemory {
    const checked = new Map<string, CheckedResource>();
    const created = new Map<string, string>();
    const seen = new Set<string>();
    return {
        noteCheck: (ownerId, resource) => {
            // The second check of a replacement is not shown the old inputs: what the first one saw stays true.
            const first = checked.get(ownerId);
            const hadPermissions = resource.hadPermissions || (first?.hadPermissions ?? false);
            checked.set(ownerId, {
                ...resource,
                hadPermissions,
                cameFromElsewhere: first?.cameFromElsewhere ?? resource.cameFromElsewhere,
            });
        },
        checkedFor: (ownerId) => checked.get(ownerId),
        noteCreate: (ownerId, id) => {
            created.set(ownerId, id);
        },
        survivorOf: (ownerId, layer) =>
            checked.has(ownerId)
                ? ownerId
                : [...checked].find(([, resource]) => resource.layer === layer)?.[0],
        createdFor: (ownerId) => created.get(ownerId),
        layerNames: new Map(),
        isNew: (...parts) => {
            const key = JSON.stringify(parts);
            const isNew = !seen.has(key);
            seen.add(key);
            return isNew;
        },
        manifests: new Map(),
        manifestTexts: rememberUnchanged(),
        localSources: createSourceMemory(),
    };
}

/** What identifies a layer within the run: region and name. */
export const layerOf = (inputs: Props): string =>
    `${String(inputs["region"])}:${String(inputs["layerName"])}`;
