import type { DependencyComparison } from "../manifest/compare";
import { type Call, type Command, jsonOption, layerOptions, writeJson, writeLines } from "./command";
import type { DescribedVersion } from "./describedVersion";
import { UsageError } from "./options";
import { splitAddress } from "./versionArguments";

export const diffCommand: Command = {
    name: "diff",
    summary: "What moved between two versions of a layer, package by package",
    usage: [
        "<version> <version> --bucket <bucket> --layer <name> [options]",
        "<version> <version> s3://<bucket>/<prefix> [options]",
    ],
    details: [
        "A version is a number, or latest. The packages are those of the versions' records; a version that something else has published has none.",
    ],
    options: [...layerOptions, jsonOption],
    examples: [
        { line: "diff 3 7 --bucket artifacts --layer shop-prod-deps", text: "from version 3 to 7" },
        { line: "diff 3 latest s3://artifacts/lambda/shop-prod-deps --json", text: "for a program" },
    ],
    run: runDiff,
};

/** Two versions and how their packages differ. */
export interface VersionDifference {
    readonly layerName: string;
    readonly from: DescribedVersion;
    readonly to: DescribedVersion;
    readonly packages: DependencyComparison;
    /** How many packages are the same. */
    readonly same: number;
}

async function runDiff(call: Call): Promise<void> {
    const { options, terminal, signal } = call;
    const { address, rest } = splitAddress(call.positionals);
    const [from, to] = rest;
    if (from === undefined || to === undefined || rest.length > 2) {
        throw new UsageError(`diff takes two versions, such as \`diff 3 7\`, and was given ${rest.length}.`);
    }
    const [{ openLayer, readPlace }, { requireVersionText }] = await Promise.all([
        import("./layer"),
        import("./versionArguments"),
    ]);
    for (const text of [from, to]) requireVersionText(text);
    const place = readPlace(call, address);
    const [{ findVersion, readOutline }, { describeVersion, requireDependencies }, { compareDependencies }] =
        await Promise.all([
            import("./layerOutline"),
            import("./describedVersion"),
            import("../manifest/compare"),
        ]);
    const outline = await readOutline(await openLayer(call, place), signal);
    const describe = (text: string) => describeVersion(outline, findVersion(outline, text));
    const [older, newer] = [describe(from), describe(to)];
    const [old, current] = [requireDependencies(older), requireDependencies(newer)];
    const packages = compareDependencies(old, current);
    const same = Object.keys(current).length - packages.added.length - packages.changed.length;
    const difference = { layerName: outline.layerName, from: older, to: newer, packages, same };
    if (options.flag("json")) {
        writeJson(terminal, asJson(difference));
        return;
    }
    const { renderDifference } = await import("./diffTable");
    writeLines(terminal, renderDifference(difference, terminal));
}

/** A difference as `diff --json` prints it. Unknown values are null. */
function asJson({ layerName, from, to, packages, same }: VersionDifference): Record<string, unknown> {
    const side = ({ version, publishedAt, record, settings }: DescribedVersion) => ({
        version,
        publishedAt: publishedAt ?? null,
        codeSize: record?.codeSize ?? null,
        uncompressedSize: record?.uncompressedSize ?? null,
        settings,
    });
    return { layerName, from: side(from), to: side(to), ...packages, same };
}
