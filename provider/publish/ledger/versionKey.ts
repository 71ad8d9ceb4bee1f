import { createHash } from "node:crypto";

/** The settings of a version that Lambda shows. */
export interface ShownSettings {
    readonly description: string | undefined;
    readonly licenseInfo: string | undefined;
    readonly compatibleRuntimes: readonly string[];
    readonly compatibleArchitectures: readonly string[];
}

/** What a version is to be, beside its bytes. */
export interface WantedVersion {
    /** ARN of the layer, which names partition, region and account as well. */
    readonly layer: string;
    /** Digest of the settings that Lambda shows. */
    readonly settings: string;
    /** What Lambda does not show, and what makes a version another one all the same; any text, empty for nothing. */
    readonly triggers: string;
    /** Artifact key of the bytes, known before they are built. */
    readonly artifact: string;
}

/** 32 hex digits, the same for settings that Lambda shows alike: an empty text as none, a list in any order. */
export function settingsDigest(settings: ShownSettings): string {
    return digest([
        settings.description ?? "",
        settings.licenseInfo ?? "",
        [...settings.compatibleRuntimes].sort(),
        [...settings.compatibleArchitectures].sort(),
    ]);
}

/**
 * 32 hex digits over the bytes and all settings: versions with equal keys are interchangeable, whatever led to them, and the second
 * is never published.
 *
 * @param codeSha256 base64, as Lambda gives it
 */
export const versionKey = (wanted: Omit<WantedVersion, "artifact">, codeSha256: string): string =>
    digest([wanted.layer, wanted.settings, wanted.triggers, codeSha256]);

const digest = (value: unknown): string =>
    createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32);
