import type { PackageSize } from "../package";
import { megabytes } from "../quantities";
import type { Paint } from "./terminal";

/** What takes room in a layer: a package, or what belongs to none. */
export type Share = Pick<PackageSize, "name" | "version" | "uncompressedSize">;

/** Columns of a bar where nobody looks at a terminal. */
const usualBar = 32;
/** Packages that have a bar of their own; the rest share one. */
const mostBars = 20;

const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/**
 * Lines that show what takes the room, largest first: name, bar, unpacked megabytes, share of all.
 *
 * @param width columns; `undefined` for bars of a usual length
 * @param all shows every package; otherwise those after the twentieth share a line
 */
export function renderBars(
    shares: readonly Share[],
    width: number | undefined,
    paint: Paint,
    all = false,
): string[] {
    const sorted = [...shares].sort(
        (left, right) => right.uncompressedSize - left.uncompressedSize || (left.name < right.name ? -1 : 1),
    );
    const shown = gather(sorted, all ? sorted.length : mostBars);
    const total = shares.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    const largest = Math.max(1, ...shown.map(({ uncompressedSize }) => uncompressedSize));
    const label = ({ name, version }: Share) => (version === "" ? name : `${name} ${version}`);
    const labelWidth = Math.max(0, ...shown.map((share) => label(share).length));
    const figures = shown.map(({ uncompressedSize }) => ({
        size: megabytes(uncompressedSize),
        percent: asPercent(uncompressedSize / Math.max(1, total)),
    }));
    const sizeWidth = Math.max(0, ...figures.map(({ size }) => size.length));
    const figuresWidth = 2 + sizeWidth + 2 + "100 %".length;
    const barWidth =
        width === undefined ? usualBar : Math.max(8, Math.min(60, width - labelWidth - 2 - figuresWidth));
    return shown.map((share, index) => {
        const { size = "", percent = "" } = figures[index] ?? {};
        const drawn = bar((share.uncompressedSize / largest) * barWidth).padEnd(barWidth);
        return `${label(share).padEnd(labelWidth)}  ${paint.green(drawn)}  ${size.padStart(sizeWidth)}  ${percent.padStart(5)}`;
    });
}

const asPercent = (share: number): string =>
    share > 0 && share < 0.005 ? "<1 %" : `${Math.round(100 * share)} %`;

/** A bar of that many columns, to the eighth; something that is there at all always shows. */
function bar(columns: number): string {
    const parts = Math.max(columns > 0 ? 1 : 0, Math.round(columns * 8));
    return "█".repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? "");
}

function gather(sorted: readonly Share[], most: number): Share[] {
    if (sorted.length <= most) {
        return [...sorted];
    }
    const rest = sorted.slice(most - 1);
    const uncompressedSize = rest.reduce((sum, share) => sum + share.uncompressedSize, 0);
    return [...sorted.slice(0, most - 1), { name: `${rest.length} more`, version: "", uncompressedSize }];
}
