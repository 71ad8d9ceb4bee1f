import type { DependencyComparison } from "../manifest/compare";
import { type Call, type Command, jsonOption, layerOptions, writeJson, writeLines } from "./command";
import type { DescribedVersion, VersionHolder } from "./describedVersion";
import { UsageError } from "./options";

/** A version with what moved since the one before that has a record. */
export interface HistoryStep {
    readonly described: DescribedVersion;
    readonly before: DescribedVersion | undefined;
    /** Absent for the first version with a record, and where the packages of one of the two are not known. */
    readonly changes: DependencyComparison | undefined;
}

/** The versions that a resource holds, in the order in which it came to them. */
export interface OwnersWay {
    readonly owner: string;
    readonly steps: readonly (VersionHolder & {
        readonly version: number;
        /** What moved since the version before; absent for the first, and where the packages of one of the two are not known. */
        readonly changes: DependencyComparison | undefined;
    })[];
}

export const historyCommand: Command = {
    name: "history",
    summary: "The versions of a layer: when, who uses them, which packages moved",
    usage: ["--bucket <bucket> --layer <name> [options]", "s3://<bucket>/<prefix> [options]"],
    details: [
        "The newest version comes first. USED BY names the stacks and resources that hold a version; no such version is ever deleted. The one that a resource has now is its current one, and a superseded one is kept. An older one is of a run that was cut short, or of another state with the same names.",
        "Below the table are the resources, each with the versions that it holds in the order in which it came to them, and what moved from one to the next. The ids that `release` takes are in the JSON.",
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
    const { history } = await import("../publish/ledger/byHand");
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
    const byNumber = new Map(described.map((each) => [each.version, each]));
    const ways = history(outline.holdings).map(
        ({ owner, holdings }): OwnersWay => ({
            owner,
            steps: holdings.flatMap(({ version, createId }, index) => {
                const now = byNumber.get(version);
                const holder = now?.holders.find((each) => each.createId === createId);
                const before = byNumber.get(holdings[index - 1]?.version ?? 0)?.dependencies;
                const changes =
                    before === undefined || now?.dependencies === undefined
                        ? undefined
                        : compareDependencies(before, now.dependencies);
                return holder === undefined ? [] : [{ ...holder, version, changes }];
            }),
        }),
    );
    const shown = steps.slice(limit === undefined ? 0 : -limit).reverse();
    if (options.flag("json")) {
        const { bucket, versionsFolder } = outline.layer.store;
        writeJson(terminal, {
            layerName: outline.layerName,
            bucket: bucket.name,
            folder: versionsFolder,
            versions: shown.map(asJson),
            resources: ways.map(({ owner, steps }) => ({
                owner,
                versions: steps.map(({ version, createId, use, changes }) => ({
                    version,
                    createId,
                    use,
                    changes: changes ?? null,
                })),
            })),
        });
        return;
    }
    const { renderHistory } = await import("./historyTable");
    writeLines(terminal, renderHistory(outline.layerName, shown, ways, terminal));
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
