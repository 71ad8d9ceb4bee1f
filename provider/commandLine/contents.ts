import { maximumUncompressedSize, warningShare } from "../package/limits";
import { counted, megabytes } from "../quantities";
import { renderBars } from "./bars";
import type { LayerZip } from "./layerZip";
import { paintFor, type Terminal } from "./terminal";

/** What is in a layer, and what to call it. */
export interface Contents extends LayerZip {
    readonly name: string;
}

/** A title with the whole, and a bar for each package. */
export function renderContents(
    { name, codeSize, uncompressedSize, files, packages, otherSize }: Contents,
    terminal: Pick<Terminal, "width" | "colours">,
    all: boolean,
): string[] {
    const paint = paintFor(terminal.colours.output);
    const share = uncompressedSize / maximumUncompressedSize;
    const percent = share < 0.0005 ? "<0.1 %" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
    const limit = `${share >= warningShare ? paint.red(percent) : percent} of what a function and its layers may have`;
    const shares = [
        ...packages,
        ...(otherSize > 0 ? [{ name: "(no package)", version: "", uncompressedSize: otherSize }] : []),
    ];
    return [
        paint.bold(name),
        `${counted(packages.length, "package")}, ${counted(files, "file")}: ${megabytes(codeSize)} zipped, ${megabytes(uncompressedSize)} unpacked, ${limit}`,
        "",
        ...renderBars(shares, terminal.width, paint, all),
    ];
}
