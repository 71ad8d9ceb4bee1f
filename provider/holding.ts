import { type CheckedInputs, readKeepVersions } from "./inputs";
import { parseOwner } from "./owner";
import { canonicalJson } from "./publish/contentKey";
import type { HolderRequest } from "./publish/ledger/acquire";
import { settingsDigest, type WantedVersion } from "./publish/ledger/versionKey";

/** How checked inputs hold a version: what the ledger is told of them. */
export const holderOf = (inputs: CheckedInputs, createId: string): HolderRequest => ({
    createId,
    owner: parseOwner(inputs.owner).holder,
    keep: readKeepVersions(inputs.keepVersions) ?? null,
    permissions: inputs.permissions ?? [],
});

/** What a version of checked inputs is to be, beside its bytes. */
export function wantedBy(inputs: CheckedInputs, artifact: string): Omit<WantedVersion, "layer"> {
    const { description, licenseInfo, compatibleRuntimes = [], compatibleArchitectures = [] } = inputs;
    const unseen = { triggers: inputs.triggers, reference: referenceOf(inputs) };
    const text = canonicalJson(unseen);
    return {
        artifact,
        settings: settingsDigest({ description, licenseInfo, compatibleRuntimes, compatibleArchitectures }),
        triggers: text === "{}" ? "" : text,
    };
}

/** A version that refers to an object is another one than a copy of it. */
function referenceOf(inputs: CheckedInputs): unknown {
    const content = inputs.resourceType === "LayerVersion" ? inputs.content : undefined;
    return content?.s3ObjectStorageMode === "REFERENCE"
        ? [content.s3Bucket, content.s3Key, content.s3ObjectVersion]
        : undefined;
}
