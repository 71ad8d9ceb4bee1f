import { type Call, type Command, jsonOption, layerOptions, writeJson, writeLines } from "./command";
import { openLedger } from "./openLedger";
import { UsageError } from "./options";

export const rebuildCommand: Command = {
    name: "rebuild",
    summary: "Makes a lost or damaged ledger of a layer anew, from Lambda and the records",
    usage: ["--bucket <bucket> --layer <name> [options]", "s3://<bucket>/<prefix> --layer <name> [options]"],
    details: [
        "First look for the last good one: in a bucket with versioning the object has earlier versions, and with one of those nothing is lost.",
        "Of a ledger that is made anew nobody knows who uses which version. So every version that Lambda has and a record describes is entered as one that can be taken over and is never deleted. Each stack holds its version again with its next update; `pulumi refresh` and `pulumi up` do that at once.",
    ],
    options: [...layerOptions, { name: "yes", text: "do it; without, it is only shown" }, jsonOption],
    examples: [
        { line: "rebuild --bucket artifacts --layer shop-prod-deps", text: "what would be entered" },
        { line: "rebuild --bucket artifacts --layer shop-prod-deps --yes", text: "make the ledger" },
    ],
    run: runRebuild,
};

async function runRebuild(call: Call): Promise<void> {
    const { positionals, options, terminal, signal } = call;
    if (positionals.length > 1) {
        throw new UsageError(`rebuild takes one address, and was given ${positionals.length}.`);
    }
    const { layer, layerName, place, uri, run } = await openLedger(call, positionals[0]);
    const [{ readOutline }, { confirmRecorded, rebuildLedger }] = await Promise.all([
        import("./layerOutline"),
        import("../publish/operations/repairLedger"),
    ]);
    const { records, inLambda } = await readOutline(layer, signal);
    const recorded = [...records].flatMap(([version, record]) =>
        record.layerVersionArn === `${place.layer}:${version}`
            ? [
                  {
                      version,
                      codeSha256: record.codeSha256,
                      key: record.versionKey,
                      artifacts: [record.artifactKey],
                  },
              ]
            : [],
    );
    const does = options.flag("yes");
    const entered = await run(async () =>
        does ? rebuildLedger(place, recorded) : confirmRecorded(place, recorded),
    );
    const leftOut = [...inLambda].filter((version) => !entered.includes(version));
    if (options.flag("json")) {
        writeJson(terminal, { layerName, ledger: uri, done: does, versions: entered, leftOut });
        return;
    }
    const list = (versions: readonly number[]) => (versions.length === 0 ? "none" : versions.join(", "));
    writeLines(terminal, [
        `${does ? "Made" : "Would make"} ${uri}`,
        `  versions in it: ${list(entered)}`,
        ...(leftOut.length === 0 ? [] : [`  without a record that fits, left out: ${list(leftOut)}`]),
        ...(does ? [] : ["Nothing was changed. With --yes it is done."]),
    ]);
}
