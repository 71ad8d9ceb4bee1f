import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ElfFile, WheelFacts } from "./inspectWheels";

/** Moves when what is proved of a wheel, or how facts are written, changes. */
const format = 1;

/** Facts of wheels that were inspected before, by the wheel's sha256 (hex). */
export interface FactsCache {
    /** Undefined for an unknown wheel and for a file that can't be understood. */
    read(sha256: string): Promise<WheelFacts | undefined>;
    /** Never fails: what can't be kept is found again. */
    write(sha256: string, facts: WheelFacts): Promise<void>;
}

/** A cache in `<folder>/wheel-facts/`, one small JSON file for each wheel; without a folder nothing is kept. */
export function openFactsCache(folder: string | undefined): FactsCache {
    if (folder === undefined) return { read: async () => undefined, write: async () => undefined };
    const home = join(folder, "wheel-facts");
    const pathOf = (sha256: string) => join(home, `${sha256}.${format}.json`);
    return {
        async read(sha256) {
            try {
                return understand(JSON.parse(await readFile(pathOf(sha256), "utf8")));
            } catch {
                return undefined;
            }
        },
        async write(sha256, facts) {
            const temporary = `${pathOf(sha256)}.${randomUUID()}`;
            try {
                await mkdir(home, { recursive: true });
                await writeFile(temporary, JSON.stringify(facts));
                await rename(temporary, pathOf(sha256));
            } catch {
                await rm(temporary, { force: true }).catch(() => undefined);
            }
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
