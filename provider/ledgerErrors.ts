import { isLayerError, LayerError } from "./errors";
import type { LedgerProblem } from "./publish/ledger/format";
import { isLedgerFailure, LedgerFailure } from "./publish/operations/failure";

/**
 * A failure of the ledger's operations as an error that a user can act on; any other error as it is.
 *
 * @param uri S3 URI of the ledger; `undefined` for a layer without one
 */
export function inWords(error: unknown, uri: string | undefined): unknown {
    return error instanceof LedgerFailure ? toLayerError(error, uri) : error;
}

function toLayerError(error: LedgerFailure, uri: string | undefined): LayerError {
    const { layer } = error.data;
    const layerName = layer.slice(layer.lastIndexOf(":") + 1);
    const again = "Run the same command again.";
    const about = { where: uri, cause: error.cause };
    if (isLedgerFailure(error, "LEDGER_UNREADABLE")) {
        return unusable(error, layerName, uri);
    }
    if (isLedgerFailure(error, "LEDGER_EXISTS")) {
        return new LayerError("LEDGER_EXISTS", {
            ...about,
            what: `The ledger of layer "${layerName}" can be read, so it is not made anew.`,
            next: "Leave it as it is. `prune` lists what nobody may need any more.",
        });
    }
    if (isLedgerFailure(error, "LEDGER_INVARIANT")) {
        return new LayerError("LEDGER_INVARIANT", {
            ...about,
            what: `A change of the ledger of layer "${layerName}" was refused, because it breaks a rule. Nothing was written.`,
            detail: error.data.faults.slice(0, 6),
            next: `This is a fault of pulumi-lambda-layer. Please report it with this message. ${again}`,
        });
    }
    if (isLedgerFailure(error, "PUBLISH_CONTENDED")) {
        return new LayerError("PUBLISH_CONTENDED", {
            ...about,
            what: `Another run has been publishing this version of layer "${layerName}" for ten minutes.`,
            next: `Wait until it is done. ${again}`,
        });
    }
    if (isLedgerFailure(error, "PUBLISH_MISMATCH")) {
        const { version, expected, found } = error.data;
        return new LayerError("PUBLISH_MISMATCH", {
            what: `Lambda published another archive than the one meant for layer "${layerName}"; version ${version} was deleted again.`,
            where: `${layer}:${version}`,
            detail: [`expected CodeSha256 ${expected}`, `published CodeSha256 ${found}`],
            next: "The object in S3 was changed between upload and publish: run the same command again, and look who else writes there.",
        });
    }
    if (isLedgerFailure(error, "ARTIFACT_MISSING")) {
        return new LayerError("ARTIFACT_MISSING", {
            what: `The zip of layer "${layerName}" was deleted from S3 each time before Lambda could read it.`,
            next: `Look who else deletes objects in that bucket: a lifecycle rule, another program. ${again}`,
            cause: error.cause,
        });
    }
    if (isLedgerFailure(error, "PUBLISH_UNANSWERED")) {
        return new LayerError("PUBLISH_UNANSWERED", {
            ...about,
            what: `Lambda has not answered the calls that publish layer "${layerName}", so it is not known whether there is a new version.`,
            next: `${again} If the version is there, it is found and taken over.`,
        });
    }
    const version = isLedgerFailure(error, "VERSION_NOT_FOUND") ? error.data.version : 0;
    return new LayerError("VERSION_NOT_FOUND", {
        what: `Version ${version} of layer "${layerName}" does not exist any more, or is being deleted.`,
        where: `${layer}:${version}`,
        next: "Run `pulumi refresh`, then `pulumi up`: the version is made again.",
    });
}

function unusable(
    { data, cause }: LedgerFailure<"LEDGER_UNREADABLE">,
    layerName: string,
    where: string | undefined,
): LayerError {
    const { problem, published } = data;
    if (problem.problem === "another layer") {
        return new LayerError("ARGUMENT_INVALID", {
            what: `The prefix of layer "${layerName}" holds the records of layer "${nameOf(problem.layer)}".`,
            where,
            next: "Give each layer a prefix of its own, or leave the argument out: the default has the layer's name in it.",
            property: "prefix",
        });
    }
    return new LayerError("LEDGER_UNREADABLE", {
        what: `The ledger of layer "${layerName}" is not used: ${problemText(problem)}. Nothing was changed.`,
        where,
        ...(published === undefined
            ? {}
            : { detail: [`version ${published} was published, and is not entered`] }),
        next:
            problem.problem === "newer format"
                ? "Upgrade the package where the program is: `npm install pulumi-lambda-layer@latest`."
                : "Put the object's last good version back, or run `pulumi-lambda-layer rebuild`, which makes the ledger from Lambda and the records.",
        cause,
    });
}

/** Why a ledger is not used, as a clause. */
export function problemText(problem: LedgerProblem): string {
    switch (problem.problem) {
        case "unreadable":
            return `it cannot be read (${problem.detail})`;
        case "newer format":
            return `a newer release wrote it, in format ${problem.format}`;
        case "another layer":
            return `it is the ledger of layer "${nameOf(problem.layer)}"`;
    }
}

const nameOf = (layer: string): string => layer.slice(layer.lastIndexOf(":") + 1);

/** An error as one reason of a partial failure. */
export function reasonOf(error: unknown, uri: string | undefined): string {
    const worded = inWords(error, uri);
    return isLayerError(worded) ? worded.message : String(worded);
}
