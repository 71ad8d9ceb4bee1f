import type { Dependency } from "./model";

/**
 * What to say when the chosen files alone, compressed as they are, come to more than `limit` bytes: one sentence without a full
 * stop that names the biggest. Undefined when they do not, or the manifest does not tell their sizes (only uv.lock does).
 */
export function findOversize(dependencies: readonly Dependency[], limit: number): string | undefined {
    const sized = dependencies
        .map(({ name, file }) => ({ name, size: file?.size ?? 0 }))
        .sort((left, right) => right.size - left.size);
    const total = sized.reduce((sum, { size }) => sum + size, 0);
    if (total <= limit) return undefined;
    const biggest = sized.slice(0, 5).filter(({ size }) => size > 0);
    const named = biggest.map(({ name, size }) => `${name} ${megabytes(size)}`).join(", ");
    return `its wheels have ${megabytes(total)} compressed, and a layer may have ${megabytes(limit)} unpacked: ${named}`;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
