import { counted, megabytes, megabytesMore, shortTime } from "../quantities";
import type { DescribedVersion } from "./describedVersion";
import type { VersionDifference } from "./diff";
import { targetOf } from "./storedManifest";
import { paintFor, type Terminal } from "./terminal";

/** What `diff` prints: one line for each package that moved, by name, and what that comes to. */
export function renderDifference(
    { layerName, from, to, packages, same }: VersionDifference,
    terminal: Pick<Terminal, "colours">,
): string[] {
    const paint = paintFor(terminal.colours.output);
    const { added, removed, changed } = packages;
    const all = [...added, ...removed, ...changed];
    const nameWidth = Math.max(0, ...all.map(({ name }) => name.length));
    const versionWidth = Math.max(0, ...changed.map((each) => shown(each.from).length));
    const lines = [
        ...added.map(({ name, version }) => ({
            name,
            text: paint.green(`+ ${name.padEnd(nameWidth)}  ${shown(version)}`),
        })),
        ...removed.map(({ name, version }) => ({
            name,
            text: paint.red(`- ${name.padEnd(nameWidth)}  ${shown(version)}`),
        })),
        ...changed.map((each) => ({
            name: each.name,
            text:
                `${paint.yellow("~")} ${each.name.padEnd(nameWidth)}  ` +
                `${shown(each.from).padEnd(versionWidth)} → ${shown(each.to)}` +
                (each.isMajor ? `  ${paint.bold("major")}` : ""),
        })),
    ].sort((left, right) => (left.name < right.name ? -1 : 1));
    const counts = [
        ...(changed.length > 0 ? [`${changed.length} changed`] : []),
        ...(added.length > 0 ? [`${added.length} added`] : []),
        ...(removed.length > 0 ? [`${removed.length} removed`] : []),
    ];
    return [
        paint.bold(`Layer ${layerName}: version ${title(from)} → ${title(to)}`),
        ...lines.map(({ text }) => `  ${text}`),
        counts.length === 0
            ? `No package moved: ${counted(same, "package")}.`
            : `${counts.join(", ")}; ${counted(same, "package")} the same.`,
        ...sizes(from, to),
        ...targets(from, to),
    ];
}

const shown = (version: string): string => (version === "" ? "(built from source)" : version);

const title = ({ version, publishedAt }: DescribedVersion): string =>
    `${version} (${shortTime(publishedAt)})`;

function sizes(from: DescribedVersion, to: DescribedVersion): string[] {
    if (from.record === undefined || to.record === undefined) {
        return [];
    }
    const [old, current] = [from.record, to.record];
    const zipped = `${megabytes(old.codeSize)} → ${megabytes(current.codeSize)} (${megabytesMore(current.codeSize - old.codeSize)})`;
    const unpacked =
        old.uncompressedSize === undefined || current.uncompressedSize === undefined
            ? ""
            : `, unpacked ${megabytes(old.uncompressedSize)} → ${megabytes(current.uncompressedSize)} (${megabytesMore(current.uncompressedSize - old.uncompressedSize)})`;
    return [`Size: ${zipped}${unpacked}.`];
}

function targets(from: DescribedVersion, to: DescribedVersion): string[] {
    const [old, current] = [from, to].map(({ settings }) => targetOf(settings));
    if (old === undefined || current === undefined) {
        return [];
    }
    const [before, after] = [old, current].map(
        ({ runtime, architecture }) => `${runtime} on ${architecture}`,
    );
    return before === after ? [] : [`Target: ${before} → ${after}.`];
}
