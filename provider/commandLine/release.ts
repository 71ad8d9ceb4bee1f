import { type Call, type Command, layerOptions, writeLines } from "./command";
import { openLedger } from "./openLedger";
import { UsageError } from "./options";
import { splitAddress } from "./versionArguments";

export const releaseCommand: Command = {
    name: "release",
    summary: "Lets go of the version that a create holds and no state knows",
    usage: [
        "<create id>... --bucket <bucket> --layer <name> [options]",
        "<create id>... s3://<bucket>/<prefix> --layer <name> [options]",
    ],
    details: [
        "A message of `pulumi up` or `pulumi destroy` names the create id, and `prune` and `history --json` do. Make sure that no state has it (`createId` among the outputs of the resource in `pulumi stack export`): what nobody holds then is deleted at once, if this package has published it.",
        "A create id that holds nothing is no failure.",
    ],
    options: layerOptions,
    examples: [
        {
            line: "release 6f9619ff-8b86-4d01-b42d-00cf4fc964ff --bucket artifacts --layer shop-prod-deps",
            text: "let go of one hold",
        },
    ],
    run: runRelease,
};

async function runRelease(call: Call): Promise<void> {
    const { address, rest: createIds } = splitAddress(call.positionals);
    if (createIds.length === 0) {
        throw new UsageError("release takes a create id, and was given none.");
    }
    const ledger = await openLedger(call, address);
    const { releaseHolds } = await import("../publish/operations/repairLedger");
    const released = await ledger.run(() => releaseHolds(ledger.place, createIds));
    writeLines(
        call.terminal,
        createIds.map((createId) => {
            const holding = released.find((each) => each.createId === createId);
            return holding === undefined
                ? `Create ${createId} holds nothing of layer ${ledger.layerName}.`
                : `Create ${createId} of ${holding.holder.owner} holds version ${holding.version} no more.`;
        }),
    );
}
