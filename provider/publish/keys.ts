import { createHash } from "node:crypto";

/** Everything beside the artifact that makes one layer version differ from another. */
export interface VersionIdentity {
    readonly artifactKey: string;
    readonly account: string;
    readonly region: string;
    readonly layerName: string;
    readonly description: string | undefined;
    readonly licenseInfo: string | undefined;
    readonly compatibleRuntimes: readonly string[];
    readonly compatibleArchitectures: readonly string[];
    readonly triggers: unknown;
}

/**
 * A key over JSON values: 64 hex digits, the same for equal values whatever the order of their properties.
 * `undefined` properties count as absent.
 */
export function contentKey(value: unknown): string {
    return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** Two versions with the same version key are interchangeable, so the second is never published. */
export function versionKey(identity: VersionIdentity): string {
    return contentKey({
        ...identity,
        compatibleRuntimes: [...identity.compatibleRuntimes].sort(),
        compatibleArchitectures: [...identity.compatibleArchitectures].sort(),
    });
}

/** JSON with the properties of every object in code-unit order. */
export function canonicalJson(value: unknown): string {
    return JSON.stringify(value, (_key, member: unknown) => {
        if (typeof member !== "object" || member === null || Array.isArray(member)) {
            return member;
        }
        return Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)));
    });
}
