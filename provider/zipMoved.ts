import path from "node:path";
import type { Call, Host } from "./layer/host";
import { versionOf } from "./layerVersionArn";
import { type Props, textOf } from "./props";
import { hasUnknown } from "./unknown";

/**
 * Warns where the local zip of a `LayerVersion` and its manifest moved apart since the version in the state: only the manifest
 * decides about a new version, and only the zip is in it.
 *
 * Says nothing of a zip that is not there: what is to build it may run between preview and update.
 *
 * @param isReplaced whether a new version is due
 */
export async function warnOfMovedZip(
    { folder }: Host,
    call: Call,
    id: string,
    olds: Props,
    news: Props,
    isReplaced: boolean,
): Promise<void> {
    const zipFile = zipFileOf(news);
    const [manifest, published] = [textOf(news, "manifest"), textOf(olds, "codeSha256")];
    const md5s = [textOf(olds, "manifestMd5"), textOf(news, "manifestMd5")] as const;
    if (zipFile === undefined || manifest === undefined || published === undefined || hasUnknown(md5s[1]))
        return;
    const isManifestSame = md5s[0] === md5s[1];
    // A new version for another reason takes the zip as it is now.
    if (isManifestSame && isReplaced) return;
    const found = await sha256Of(path.resolve(folder, zipFile), call.signal);
    const isZipSame = found === published;
    if (found === undefined || isZipSame === isManifestSame) return;
    const version = versionOf(id);
    call.log(
        "warning",
        isZipSame
            ? `${manifest} has changed and ${zipFile} has not: it is still the zip of version ${version}. Build it again before the new version is published.`
            : `${zipFile} is another zip than that of version ${version}, and ${manifest} has not changed, so nothing is published. To publish it all the same, change a value in triggers.`,
    );
}

/** The local zip that a `LayerVersion` is made of. */
export function zipFileOf({ content }: Props): string | undefined {
    return typeof content === "object" && content !== null && !hasUnknown(content)
        ? textOf({ ...content }, "zipFile")
        : undefined;
}

/** SHA-256 of a file, base64; `undefined` where it can't be read. */
async function sha256Of(file: string, signal: AbortSignal): Promise<string | undefined> {
    const { hashFile } = await import("./build/fileHash");
    try {
        return Buffer.from((await hashFile(file, [], signal)).sha256, "hex").toString("base64");
    } catch {
        signal.throwIfAborted();
        return;
    }
}
