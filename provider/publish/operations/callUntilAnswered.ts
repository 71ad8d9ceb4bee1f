import type { LeaseFindings } from "../ledger/lease";
import { LedgerFailure } from "./failure";
import type { Clock, PublishedFacts } from "./place";

/** Bytes that are ready to be published. */
export interface Prepared {
    /** Base64, as Lambda gives it. */
    readonly codeSha256: string;
    /** Bytes of the zip. */
    readonly codeSize: number;
    /**
     * Calls PublishLayerVersion once. Throws where Lambda refuses: then nothing was published.
     *
     * `throttled`: nothing was published, and the call may be repeated. `artifact missing`: the zip is not in the bucket any more.
     */
    publish(): Promise<PublishedFacts | "unanswered" | "throttled" | "artifact missing">;
}

/** How the calls are made. */
export interface Calling {
    /** ARN of the layer, for messages. */
    readonly layer: string;
    readonly clock: Clock;
    /** Asked before each call. */
    readonly mayCall: () => Promise<boolean>;
    /** Looks for what a call without an answer has made. */
    readonly look: () => Promise<LeaseFindings<PublishedFacts>>;
    /** Brings the artifact to the bucket again. */
    readonly prepare: () => Promise<Prepared>;
    /** Told when nobody knows any more whether something was published. */
    readonly doubt: () => void;
}

/** What came of it. */
export interface Answered {
    /** `undefined`: no further call was allowed. */
    readonly published: PublishedFacts | undefined;
    /** Versions of which nobody can tell whether an unanswered call has made them: another was published instead. */
    readonly doubtful: readonly PublishedFacts[];
}

/** Milliseconds before each look after a call without an answer: Lambda may still be at work on it. */
const looks = [0, 500, 1500, 3000];

/** Calls of PublishLayerVersion by one create: each but the first after a plain no, or a look that found nothing. */
const mostCalls = 11;

/**
 * Calls PublishLayerVersion until it is answered. It has no idempotency token: after an answer that leaves it open whether the version
 * exists, Lambda is asked for it before the next call.
 *
 * @throws LedgerFailure PUBLISH_UNANSWERED, ARTIFACT_MISSING, and what `Prepared.publish` throws
 */
export async function callUntilAnswered(prepared: Prepared, calling: Calling): Promise<Answered> {
    const { layer, clock, mayCall, prepare, doubt } = calling;
    let bytes = prepared;
    let doubtful: readonly PublishedFacts[] = [];
    for (let call = 1; call <= mostCalls; call++) {
        if (!(await mayCall())) {
            return { published: undefined, doubtful };
        }
        const answer = await bytes.publish();
        if (typeof answer === "object") {
            return { published: answer, doubtful };
        }
        if (answer === "artifact missing") {
            if (call === mostCalls) {
                throw new LedgerFailure("ARTIFACT_MISSING", { layer });
            }
            bytes = await prepare();
            continue;
        }
        if (answer === "unanswered") {
            doubt();
            const findings = await lookRepeatedly(calling);
            doubtful = findings.doubtful;
            if (findings.sure !== undefined) {
                return { published: findings.sure, doubtful };
            }
        }
        await clock.sleep(clock.random() * Math.min(8000, 250 * 2 ** call));
    }
    throw new LedgerFailure("PUBLISH_UNANSWERED", { layer });
}

async function lookRepeatedly({ clock, look }: Calling): Promise<LeaseFindings<PublishedFacts>> {
    let findings: LeaseFindings<PublishedFacts> = { sure: undefined, doubtful: [] };
    for (const milliseconds of looks) {
        await clock.sleep(milliseconds);
        findings = await look();
        if (findings.sure !== undefined || findings.doubtful.length > 0) {
            break;
        }
    }
    return findings;
}
