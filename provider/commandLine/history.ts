import type { DependencyComparison } from "../manifest/compare";
import { type Call, type Command, jsonOption, layerOptions, writeJson, writeLines } from "./command";
import type { DescribedVersion } from "./describedVersion";
import { UsageError } from "./options";

/** A version with what moved since the one before that has a record. */
export interface HistoryStep {
    readonly described: DescribedVersion;
    readonly before: DescribedVersion | undefined;
    /** Absent for the first version with a record, and where the packages of one of the two are not known. */
    readonly changes: DependencyComparison | undefined;
}

export const historyCommand: Command = {
    name: "history",
    summary: "The versions of a layer: when, who uses them, which packages moved",
    usage: ["--bucket <bucket> --layer <name> [options]", "s3://<bucket>/<prefix> [options]"],
    details: [
        "The newest version comes first. USED BY names the stacks and resources that hold a version; no such version is ever deleted. The one that a resource has now is its current one.",
        "Packages are those of the versions' records. A version that something else has published has none: only its number is shown.",
    ],
    options: [
        ...layerOptions,
        { name: "limit", short: "n", value: "<count>", text: "only the newest versions" },
        jsonOption,
    ],
    examples: [
        { line: "history --bucket artifacts --layer shop-prod-deps", text: "the whole history" },
        {
            line: "history s3://artifacts/lambda/shop-prod-deps -n 5 --json",
            text: "the last five, for a program",
        },
    ],
    run: runHistory,
};

async function runHistory(call: Call): Promise<void> {
    const { positionals, options, terminal, signal } = call;
    if (positionals.length > 1) {
        throw new UsageError(`history takes one address, and was given ${positionals.length}.`);
    }
    const limit = readLimit(options.text("limit"));
    const { openLayer, readPlace } = await import("./layer");
    const place = readPlace(call, positionals[0]);
    const [{ readOutline }, { describeVersion }, { compareDependencies }] = await Promise.all([
        import("./layerOutline"),
        import("./describedVersion"),
        import("../manifest/compare"),
    ]);
    const outline = await readOutline(await openLayer(call, place), signal);
    const described = outline.versions.map((version) => describeVersion(outline, version));
    const steps = described.map((each, index): HistoryStep => {
        const before = described.slice(0, index).findLast(({ record }) => record !== undefined);
        const changes =
            before?.dependencies === undefined || each.dependencies === undefined
                ? undefined
                : compareDependencies(before.dependencies, each.dependencies);
        return { described: each, before, changes };
    });
    const shown = steps.slice(limit === undefined ? 0 : -limit).reverse();
    if (options.flag("json")) {
        const { bucket, versionsFolder } = outline.layer.store;
        writeJson(terminal, {
            layerName: outline.layerName,
            bucket: bucket.name,
            folder: versionsFolder,
            versions: shown.map(asJson),
        });
        return;
    }
    const { renderHistory } = await import("./historyTable");
    writeLines(terminal, renderHistory(outline.layerName, shown, terminal));
}

function readLimit(text: string | undefined): number | undefined {
    if (text !== undefined && !/^[1-9]\d{0,8}$/.test(text)) {
        throw new UsageError(`--limit needs a number above 0, not ${JSON.stringify(text)}.`);
    }
    return text === undefined ? undefined : Number(text);
}

/** A version as `history --json` prints it. Unknown values are null. */
function asJson({ described, changes }: HistoryStep): Record<string, unknown> {
    const { version, publishedAt, record, manifestUri, settings, holders, inLambda } = described;
    return {
        version,
        layerVersionArn: record?.layerVersionArn ?? null,
        publishedAt: publishedAt ?? null,
        inLambda,
        codeSha256: record?.codeSha256 ?? null,
        codeSize: record?.codeSize ?? null,
        uncompressedSize: record?.uncompressedSize ?? null,
        manifestUri: manifestUri ?? null,
        publishedBy: record?.publishedBy ?? null,
        usedBy: holders,
        settings,
        dependencies: described.dependencies ?? null,
        changes: changes ?? null,
    };
}
