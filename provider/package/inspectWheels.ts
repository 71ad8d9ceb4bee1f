import { type ElfFacts, elfHeaderSize } from "./elf";
import { collectElf } from "./elfCollector";
import { unpackEntry } from "./entryData";
import type { FactsCache } from "./factsCache";
import { namingWheel, type OpenWheel, type WheelFile } from "./openWheel";
import { concurrently } from "./slices";

/** Entries unpacked at the same time: enough to keep zlib's threads busy, few enough for flat memory. */
const concurrency = 8;

/** An ELF file of a wheel. */
export interface ElfFile extends ElfFacts {
    /** As in {@link WheelFile}. */
    readonly path: string;
}

/** What was proved of a wheel: all of its files unpack to what they promise. Sorted by path. */
export type WheelFacts = readonly ElfFile[];

/**
 * Unpacks every file of the wheels once, without keeping it, to prove its size and CRC-32 and to read its ELF facts.
 * Wheels that the cache knows are not read. The result has the wheels' order.
 *
 * Throws WHEEL_INVALID for a file that does not unpack to what it promises, and the signal's reason when aborted.
 */
export async function inspectWheels(
    wheels: readonly OpenWheel[],
    context: { readonly signal: AbortSignal; readonly cache: FactsCache },
): Promise<WheelFacts[]> {
    const known = await Promise.all(wheels.map(({ wheel }) => context.cache.read(wheel.sha256)));
    const found = wheels.map((): ElfFile[] => []);
    function* unknown() {
        for (const [index, source] of wheels.entries()) {
            if (known[index] !== undefined) continue;
            for (const file of source.files) yield { source, file, elfFiles: found[index] };
        }
    }
    await concurrently(unknown(), concurrency, async ({ source, file, elfFiles }) => {
        const facts = await namingWheel(source.wheel, () => inspectFile(source, file, context.signal));
        if (facts !== undefined) elfFiles?.push({ path: file.path, ...facts });
    });
    return Promise.all(
        wheels.map(async ({ wheel }, index) => {
            const facts = known[index];
            if (facts !== undefined) return facts;
            const sorted = (found[index] ?? []).sort((left, right) => (left.path < right.path ? -1 : 1));
            await context.cache.write(wheel.sha256, sorted);
            return sorted;
        }),
    );
}

async function inspectFile(
    { archive }: OpenWheel,
    { entry }: WheelFile,
    signal: AbortSignal,
): Promise<ElfFacts | undefined> {
    signal.throwIfAborted();
    if (entry.uncompressedSize < elfHeaderSize) {
        await unpackEntry(archive, entry, () => undefined, signal);
        return undefined;
    }
    const collector = collectElf(entry.uncompressedSize);
    for (;;) {
        await unpackEntry(archive, entry, collector.push, signal);
        const facts = collector.finish();
        if (facts !== "again") return facts;
    }
}
