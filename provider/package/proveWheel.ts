import type { Wheel } from "../build/model";
import { type FactsPlace, openFactsCache } from "./factsCache";
import { inspectWheels } from "./inspectWheels";
import { openWheel } from "./openWheel";

/**
 * Proves one wheel ahead of {@link packageLayer}, which then finds what was proved in the cache: so a wheel is unpacked while
 * others are still on their way. Never throws: what is wrong with a wheel is found again, and told, when it is packaged.
 */
export async function proveWheel(
    wheel: Wheel,
    context: { readonly signal: AbortSignal; readonly facts: FactsPlace },
): Promise<void> {
    const cache = openFactsCache(context.facts);
    if ((await cache.read(wheel.sha256)) !== undefined) return;
    const source = await openWheel(wheel, context.signal).catch(() => undefined);
    if (source === undefined) return;
    try {
        await inspectWheels([source], { signal: context.signal, cache });
    } catch {
        // Told by packageLayer.
    } finally {
        await source.close().catch(() => undefined);
    }
}
