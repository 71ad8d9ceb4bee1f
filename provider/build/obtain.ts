import { randomUUID } from "node:crypto";
import { mkdir, rename } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LayerError } from "../errors";
import type { Dependency } from "../manifest/model";
import { formatPosition } from "../manifest/position";
import type { Variables } from "../manifest/variables";
import { parseWheelName } from "../manifest/wheelTag";
import type { BuildContext } from "./context";
import { type Credentials, takeUserInfo } from "./credentials";
import type { Download } from "./fetch";
import { hashFile, hashMismatch, isAccepted } from "./fileHash";
import { withVariables } from "./indexes";
import type { Wheel } from "./model";
import { dependencyName } from "./naming";
import { filenameOf } from "./pylock";
import { cachedFile } from "./wheelCache";
import type { Workshop } from "./workshop";

/** Where a dependency's file is: an address for HTTP, or an absolute path. */
export type FileLocation =
    | {
          /** Without user name and password. */
          readonly url: string;
          /** Those that variables of the address brought, for its scheme, host and port alone. */
          readonly credentials?: Credentials;
      }
    | { readonly path: string };

/** Where the file of a dependency is; undefined for source trees and repositories. */
export function fileLocation(
    dependency: Dependency,
    manifestFolder: string,
    variables: Variables,
): FileLocation | undefined {
    const { source, file } = dependency;
    const path = file?.path ?? (source.type === "path" ? source.path : undefined);
    if (path !== undefined) return { path: resolve(manifestFolder, path) };
    const address = file?.url ?? (source.type === "url" ? source.url : undefined);
    if (address === undefined) return undefined;
    const url = withVariables(address, variables, formatPosition(dependency.position));
    if (url.startsWith("file:")) return { path: fileURLToPath(url.replace(/#.*$/s, "")) };
    if (!URL.canParse(url)) return { url };
    const plain = new URL(url);
    const credentials = takeUserInfo(plain);
    return credentials === undefined ? { url } : { url: plain.href, credentials };
}

/**
 * Brings a dependency's file here, checks it against the hashes that the manifest accepts, and tells where it is.
 *
 * Files from elsewhere go through the cache where their SHA-256 is known beforehand and into the temporary folder otherwise; local ones
 * stay where they are. Throws DOWNLOAD_FAILED, HASH_MISMATCH, WHEEL_NOT_FOUND for a local file that is not there, WHEEL_INVALID for
 * a name that is no file name.
 */
export async function obtainFile(
    dependency: Dependency,
    location: FileLocation,
    { fetcher, cache }: Pick<Workshop, "fetcher" | "cache">,
    context: BuildContext,
): Promise<Wheel> {
    const hashes = dependency.file?.hash === undefined ? dependency.hashes : [dependency.file.hash];
    const filename = "path" in location ? basename(location.path) : remoteName(dependency, location.url);
    const found =
        "path" in location
            ? await checkLocal(dependency, location.path, hashes, context)
            : await bring(
                  { filename, hashes, ...location },
                  dependency.file?.size,
                  { fetcher, cache },
                  context,
              );
    return {
        name: dependency.name,
        version: dependency.version ?? parseWheelName(filename)?.version ?? "",
        filename,
        ...found,
        origin: "path" in location ? "local" : "fetched",
    };
}

type Found = Pick<Wheel, "path" | "size" | "sha256">;

async function bring(
    download: Download,
    size: number | undefined,
    { fetcher, cache }: Pick<Workshop, "fetcher" | "cache">,
    context: BuildContext,
): Promise<Found> {
    const { filename, hashes } = download;
    const only = hashes.length === 1 ? /^sha256:([0-9a-f]{64})$/i.exec(hashes[0] ?? "")?.[1] : undefined;
    if (only === undefined) {
        if (hashes.length === 0) context.report(`${filename}: the manifest has no hash to check it by`);
        const folder = join(context.temporaryFolder, "unkept");
        await mkdir(folder, { recursive: true });
        const partial = join(folder, `.${randomUUID()}.partial`);
        const fetched = await fetcher.fetch(download, partial, context.signal);
        // A folder by content: two packages may have files of one name.
        await mkdir(join(folder, fetched.sha256), { recursive: true });
        const path = join(folder, fetched.sha256, filename);
        await rename(partial, path);
        return { path, size: fetched.size, sha256: fetched.sha256 };
    }
    const sha256 = only.toLowerCase();
    const fill = (path: string) => {
        return fetcher.fetch(download, path, context.signal);
    };
    const cached = await cachedFile(cache, { filename, sha256, size }, context.signal, fill);
    return { path: cached.path, size: cached.size, sha256 };
}

async function checkLocal(
    dependency: Dependency,
    path: string,
    hashes: readonly string[],
    context: BuildContext,
): Promise<Found> {
    const hashed = await hashFile(path, hashes, context.signal).catch((error: unknown) => {
        if (context.signal.aborted) throw error;
        throw new LayerError("WHEEL_NOT_FOUND", {
            what: `${basename(path)}, the file of ${dependencyName(dependency)}, can't be read.`,
            where: formatPosition(dependency.position),
            detail: [error instanceof Error ? error.message : String(error)],
            next: "Put the file back, or lock again without it.",
            cause: error,
        });
    });
    if (!isAccepted(hashed.digests, hashes)) throw hashMismatch(basename(path), path, hashes, hashed.digests);
    return { path, size: hashed.size, sha256: hashed.sha256 };
}

/** The file's name, which becomes a path here, so nothing in it may lead anywhere else. */
function remoteName(dependency: Dependency, url: string): string {
    const filename = dependency.file?.filename ?? filenameOf(url);
    if (/^[^/\\:\0]+$/.test(filename) && !filename.startsWith(".")) return filename;
    throw new LayerError("WHEEL_INVALID", {
        what: `${dependencyName(dependency)} has a file name that is none: ${JSON.stringify(filename)}.`,
        where: formatPosition(dependency.position),
        next: "Lock again, and find out where that name came from.",
    });
}
