import { findByArtifact, findByKey, type HolderRequest } from "../ledger/acquire";
import { holdingsOf, type Ledger } from "../ledger/ledger";
import { versionKey, type WantedVersion } from "../ledger/versionKey";
import type { Prepared } from "./callUntilAnswered";
import { enterOwn } from "./enterOwn";
import { joinVersion } from "./joinVersion";
import { type Known, readLedger } from "./ledgerAccess";
import { obtainLease } from "./obtainLease";
import type { Place, PublishedFacts } from "./place";
import { publishUnderLease } from "./publishUnderLease";
import { tidy } from "./tidy";

/** Milliseconds for which others may hold the lease. */
const defaultPatience = 600_000;

/** A create: what version is to be there afterwards, and who holds it. */
export interface TakeRequest {
    readonly wanted: Omit<WantedVersion, "layer">;
    readonly holder: HolderRequest;
    /**
     * Builds and uploads; asked only where no version can be taken over without it.
     *
     * @param again the artifact was deleted since: it is uploaded once more
     */
    readonly prepare: (again: boolean) => Promise<Prepared>;
    /** Writes what is kept beside the version, for people; asked before the create becomes a holder. */
    readonly describe: (version: PublishedFacts) => Promise<void>;
    /**
     * Whose kept versions go beyond what `keepVersions` says. `all`: the engine has shown no state of this resource in this run, so that no
     * delete hook is to come. Otherwise the creates that this run has released already (deleteBeforeReplace); default: none.
     */
    readonly retains?: "all" | ReadonlySet<string>;
    /** Creates that this run is to release later, the old half of a replacement: they are no news. Default: none. */
    readonly former?: readonly string[];
    /** Milliseconds for which others may hold the lease. Default: ten minutes. */
    readonly patience?: number;
}

/** The version that the create holds now. */
export interface TakenVersion {
    readonly version: PublishedFacts;
    readonly outcome: "published" | "taken over";
    /** Of the ledger that the hold is in: the state keeps it, with the create id. */
    readonly epoch: string;
    /** What failed after the version was there: the next update completes it. */
    readonly problems: readonly unknown[];
}

/** A create on its way. */
export interface TakingRequest extends TakeRequest {
    /** Versions of calls without an answer, of which nobody can tell whose they are: they are entered, so that they are known. */
    readonly doubtful: readonly PublishedFacts[];
}

/** One step of the way: the create holds a version, or goes on from the ledger as it is now. */
export type Step =
    | {
          readonly held: PublishedFacts;
          readonly known: Known;
          readonly before: Ledger;
          readonly problems: readonly unknown[];
      }
    | { readonly held?: undefined; readonly known: Known };

/**
 * Sees to it that there is one version with these bytes and settings, whoever publishes it, and that the create holds it.
 *
 * The write that makes the holder is the last but for permissions. A process that is killed before it leaves nothing but a lease,
 * and one that is killed after it a hold that the ledger tells.
 *
 * @throws LedgerFailure, and what `prepare` and publishing throw
 */
export async function takeVersion(place: Place, given: TakeRequest): Promise<TakenVersion> {
    const request = { ...given, describe: onceEach(given.describe) };
    const wanted = { ...request.wanted, layer: place.layer };
    const nonce = place.clock.newId();
    const deadline = place.clock.now() + (request.patience ?? defaultPatience);
    let prepared: Prepared | undefined;
    let doubtful: readonly PublishedFacts[] = [];
    let known = await readLedger(place);
    for (;;) {
        const key = prepared && versionKey(wanted, prepared.codeSha256);
        const existing =
            key === undefined ? findByArtifact(known.ledger, wanted) : findByKey(known.ledger, key);
        if (existing !== undefined) {
            const step = await joinVersion(place, known, existing, { ...request, doubtful });
            if (step.held !== undefined) {
                return finish(place, { ...request, doubtful }, step, "taken over");
            }
            known = step.known;
            continue;
        }
        if (prepared === undefined || key === undefined) {
            prepared = await request.prepare(false);
            continue;
        }
        const { codeSha256 } = prepared;
        const { settings } = wanted;
        const obtained = await obtainLease(place, known, { key, nonce, codeSha256, settings, deadline });
        if (obtained.lease === undefined) {
            known = obtained.known;
            continue;
        }
        const outcome = await publishUnderLease(place, obtained, key, prepared, () => request.prepare(true));
        doubtful = [...doubtful, ...outcome.doubtful];
        if (outcome.published === undefined) {
            known = outcome.known;
            continue;
        }
        const step = await enterOwn(place, outcome.known, outcome.published, {
            ...request,
            doubtful,
            key,
            nonce,
            epoch: obtained.known.ledger.epoch,
            prepared,
        });
        if (step.held !== undefined) {
            return finish(place, { ...request, doubtful }, step, "published");
        }
        known = step.known;
    }
}

/** A write that meets somebody else's is repeated, and what is kept for people need not be. */
function onceEach(describe: TakeRequest["describe"]): TakeRequest["describe"] {
    const described = new Map<number, Promise<void>>();
    return (version) => {
        const done = described.get(version.version) ?? describe(version);
        described.set(version.version, done);
        return done;
    };
}

async function finish(
    place: Place,
    { holder, former = [], doubtful }: TakingRequest,
    step: Step & { readonly held: PublishedFacts },
    outcome: TakenVersion["outcome"],
): Promise<TakenVersion> {
    const { version } = step.held;
    place.tell({ code: outcome, version });
    for (const each of doubtful) {
        if (step.known.ledger.versions.get(each.version)?.key === undefined) {
            place.tell({ code: "doubtful version", version: each.version });
        }
    }
    for (const holding of holdingsOf(step.known.ledger, holder.owner, "current")) {
        if (holding.createId !== holder.createId && !former.includes(holding.createId)) {
            place.tell({ code: "other hold", holding });
        }
    }
    const { epoch } = step.known.ledger;
    const tidied = await tidy(place, step.known, step.before, version);
    return { version: step.held, outcome, epoch, problems: [...step.problems, ...tidied] };
}
