import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { link, mkdir, open, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { openRegularFile } from "../disk";

/** Marks texts as written by this user's own runs (HMAC-SHA256). */
export interface Seal {
    /** Hex. */
    mark(text: string): string;
    isBroken(mark: string, text: string): boolean;
}

/**
 * Where a user's secrets of this package are: `$XDG_STATE_HOME/pulumi-lambda-layer`, else `~/.local/state/pulumi-lambda-layer`; on Windows
 * under `%APPDATA%`. Apart from the cache, which others may fill.
 */
export function defaultStateFolder(environment: NodeJS.ProcessEnv): string {
    const local = process.platform === "win32" ? environment["APPDATA"] : undefined;
    return join(
        environment["XDG_STATE_HOME"] || local || join(homedir(), ".local", "state"),
        "pulumi-lambda-layer",
    );
}

/** Bytes. */
const keySize = 32;

/** The seal whose key is in a folder, made when there is none yet; `undefined` where there can be none that only this user has. */
export async function openSeal(folder: string): Promise<Seal | undefined> {
    const path = join(folder, "seal.key");
    const key = (await readKey(path)) ?? (await makeKey(folder, path));
    if (key === undefined) return undefined;
    const digest = (text: string) => createHmac("sha256", key).update(text).digest();
    return {
        mark: (text) => digest(text).toString("hex"),
        isBroken: (mark, text) => {
            const [given, right] = [Buffer.from(mark, "hex"), digest(text)];
            return given.length !== right.length || !timingSafeEqual(given, right);
        },
    };
}

async function readKey(path: string): Promise<Buffer | undefined> {
    const file = await openRegularFile(path, { follow: false }).catch(() => undefined);
    if (file === undefined) return undefined;
    try {
        const { uid, mode, size } = await file.stat();
        const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
        return isOwn && size === keySize ? await file.readFile() : undefined;
    } catch {
        return undefined;
    } finally {
        await file.close().catch(() => undefined);
    }
}

/** Of several processes that make one at once, one's stays. */
async function makeKey(folder: string, path: string): Promise<Buffer | undefined> {
    const partial = `${path}.${randomBytes(6).toString("hex")}`;
    try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const file = await open(partial, "wx", 0o600);
        try {
            await file.writeFile(randomBytes(keySize));
        } finally {
            await file.close();
        }
        await link(partial, path).catch(() => undefined);
        return await readKey(path);
    } catch {
        return undefined;
    } finally {
        await rm(partial, { force: true }).catch(() => undefined);
    }
}
