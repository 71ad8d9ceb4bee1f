import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheParts, openCacheFolder } from "../cacheFolder";
import { onDisk } from "../disk";
import type { ElfFile, WheelFacts } from "./inspectWheels";
import { openSeal } from "./seal";

/** Moves when what is proved of a wheel, or how facts are written, changes. */
const format = 2;

/** Bytes: no wheel has that many libraries. */
const largest = 4 * 1024 * 1024;

/** Facts of wheels that were inspected before, by the wheel's sha256 (hex). */
export interface FactsCache {
    /** Undefined for an unknown wheel, and for a file that this user's runs have not written. */
    read(sha256: string): Promise<WheelFacts | undefined>;
    /** Never fails: what can't be kept is found again. */
    write(sha256: string, facts: WheelFacts): Promise<void>;
}

/** Where facts are kept. */
export interface FactsPlace {
    readonly cacheFolder: string;
    /** Where the key is that seals them, see `seal.ts`. */
    readonly stateFolder: string;
}

/**
 * A cache in `<cacheFolder>/wheel-facts/`, one small file for each wheel; without a place nothing is kept.
 *
 * Facts are a verdict: who has them need not unpack the wheel. So each file is sealed with a key that lies elsewhere, and a cache
 * that somebody else has filled, such as one that CI restores, proves nothing.
 */
export function openFactsCache(place: FactsPlace | undefined): FactsCache {
    if (place === undefined) return { read: async () => undefined, write: async () => undefined };
    const cache = openCacheFolder(place.cacheFolder);
    const sealing = openSeal(place.stateFolder);
    const nameOf = (sha256: string) => join(cacheParts.facts, `${sha256}.${format}.json`);
    const sealed = (sha256: string, json: string) => `${format} ${sha256} ${json}`;
    return {
        async read(sha256) {
            const seal = await sealing;
            const file = seal === undefined ? undefined : await cache.open(nameOf(sha256));
            if (seal === undefined || file === undefined) return undefined;
            try {
                if ((await file.stat()).size > largest) return undefined;
                const text = await file.readFile("utf8");
                const [mark = "", json = ""] = text.split(/\n(.*)/s, 2);
                return seal.isBroken(mark, sealed(sha256, json)) ? undefined : understand(JSON.parse(json));
            } catch {
                return undefined;
            } finally {
                await file.close().catch(() => undefined);
            }
        },
        async write(sha256, facts) {
            const seal = await sealing;
            if (seal === undefined) return;
            const json = JSON.stringify(facts);
            const text = `${seal.mark(sealed(sha256, json))}\n${json}`;
            await cache
                .put(nameOf(sha256), (partial) => onDisk(writeFile(partial, text, { flag: "wx" })))
                .catch(() => undefined);
        },
    };
}

function understand(value: unknown): WheelFacts | undefined {
    return Array.isArray(value) && value.every(isElfFile) ? value : undefined;
}

function isElfFile(value: unknown): value is ElfFile {
    if (typeof value !== "object" || value === null) return false;
    const facts = value as Partial<Record<keyof ElfFile, unknown>>;
    const { glibc, needed } = facts;
    return (
        typeof facts.path === "string" &&
        (facts.bits === 32 || facts.bits === 64) &&
        typeof facts.littleEndian === "boolean" &&
        typeof facts.machine === "number" &&
        (glibc === undefined ||
            (Array.isArray(glibc) && glibc.length === 2 && glibc.every(Number.isInteger))) &&
        Array.isArray(needed) &&
        needed.every((library) => typeof library === "string")
    );
}
