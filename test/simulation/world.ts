import { createHash } from "node:crypto";
import { parseLedger } from "../../provider/publish/ledger/format";
import { leaseTimes } from "../../provider/publish/ledger/lease";
import type { Ledger } from "../../provider/publish/ledger/ledger";
import type { Note } from "../../provider/publish/ledger/notes";
import type { Prepared } from "../../provider/publish/operations/callUntilAnswered";
import type { Place, PublishedFacts, Statement } from "../../provider/publish/operations/place";
import { createScheduler, type Outcome, type Scheduler } from "./scheduler";

/** A layer version in Lambda. */
export interface SimulatedVersion {
    readonly version: number;
    readonly codeSha256: string;
    readonly settings: string;
    readonly createdAt: number;
    /** Who published it, in a run that began then. */
    readonly actor: string;
    readonly publishedIn: number;
    /** Whether the call took effect after its caller had given up on it, or after another had taken the lease over. */
    readonly cameLate: boolean;
    deletedAt: number | undefined;
    /** By whose it is, then by name. */
    readonly statements: Map<string, Map<string, Statement>>;
    revision: number | undefined;
}

/** What is published, and through which bucket. */
export interface PublishedWhat {
    readonly layer: string;
    readonly bucket: string;
    readonly lock: string;
    readonly description: string;
}

/** A ledger object with what it said before. */
export interface SimulatedObject {
    text: string | undefined;
    etag: string | undefined;
    /** The ledger that the text is, kept as long as it is that text. */
    parsedText: string | undefined;
    parsed: Ledger | undefined;
    /** When it was taken away or made unreadable by somebody else. */
    readonly losses: number[];
    /** Versions that any of its revisions said are being deleted. */
    readonly everDeleting: Set<number>;
    /** The highest sequence that each epoch has come to. */
    readonly sequences: Map<string, number>;
}

/** S3 and Lambda, as far as the protocol sees them, and what happened in them. */
export interface World {
    readonly scheduler: Scheduler;
    readonly layers: Map<string, SimulatedVersion[]>;
    readonly ledgers: Map<string, SimulatedObject>;
    readonly artifacts: Set<string>;
    readonly notes: { readonly actor: string; readonly note: Note }[];
    /** What must never happen, and did. */
    readonly violations: string[];
    /** Calls by actor. */
    readonly calls: Map<string, string[]>;
    readonly placeOf: (actor: string, layer: string, bucket: string) => Place;
    readonly prepare: (actor: string, what: PublishedWhat, startedAt: number) => Promise<Prepared>;
    readonly call: (actor: string, name: string) => Promise<void>;
    readonly ledgerOf: (layer: string, bucket: string) => Ledger | undefined;
    readonly objectOf: (layer: string, bucket: string) => SimulatedObject;
    readonly versionOf: (layer: string, version: number) => SimulatedVersion | undefined;
}

/** Milliseconds by which an answer of Lambda may be behind. */
const lag = 2000;

const write: readonly Outcome[] = ["ok", "unanswered", "refused", "fails", "fails after", "late"];
const change: readonly Outcome[] = ["ok", "fails", "fails after", "late"];
const read: readonly Outcome[] = ["ok", "fails"];
const laggingRead: readonly Outcome[] = ["ok", "fails", "stale"];

export const arnOf = (layer: string): string => `arn:aws:lambda:eu-central-1:123456789012:layer:${layer}`;

/**
 * What a lock's bytes hash to. Locks that differ in what follows the first letter give equal bytes; in two buckets only those that
 * begin with `e` do: equal bytes under two ledgers can be taken for one another, see `coincidence` in `traces.test.ts`.
 */
export const hashOf = (lock: string, bucket: string): string =>
    lock.startsWith("e") ? "hash-e" : `hash-${lock[0] ?? ""}-${bucket}`;

export function createWorld(random: () => number, callTime: number): World {
    const scheduler = createScheduler(random, callTime);
    const layers = new Map<string, SimulatedVersion[]>();
    const ledgers = new Map<string, SimulatedObject>();
    const artifacts = new Set<string>();
    const notes: { actor: string; note: Note }[] = [];
    const violations: string[] = [];
    const calls = new Map<string, string[]>();

    const versionsOf = (layer: string): SimulatedVersion[] => {
        const found = layers.get(layer) ?? [];
        layers.set(layer, found);
        return found;
    };
    const versionOf = (layer: string, version: number) =>
        versionsOf(layer).find((each) => each.version === version && each.deletedAt === undefined);
    const objectOf = (layer: string, bucket: string): SimulatedObject => {
        const name = `${bucket}/${layer}`;
        const found = ledgers.get(name) ?? {
            text: undefined,
            etag: undefined,
            parsedText: undefined,
            parsed: undefined,
            losses: [],
            everDeleting: new Set<number>(),
            sequences: new Map<string, number>(),
        };
        ledgers.set(name, found);
        return found;
    };
    const ledgerOf = (layer: string, bucket: string): Ledger | undefined => {
        const object = objectOf(layer, bucket);
        if (object.text !== object.parsedText) {
            const ledger = object.text === undefined ? undefined : parseLedger(object.text, arnOf(layer));
            object.parsedText = object.text;
            object.parsed = ledger === undefined || "problem" in ledger ? undefined : ledger;
        }
        return object.parsed;
    };
    const count = (actor: string, name: string) => {
        calls.set(actor, [...(calls.get(actor) ?? []), name]);
    };
    const call: Scheduler["call"] = (actor, name, effect) => {
        count(actor, name);
        return scheduler.call(actor, name, effect);
    };

    const publish = (
        actor: string,
        what: PublishedWhat,
        startedAt: number,
    ): PublishedFacts | "artifact missing" => {
        const { layer, bucket, lock, description } = what;
        if (!artifacts.has(`${bucket}/${lock}`)) {
            return "artifact missing";
        }
        const all = versionsOf(layer);
        const version: SimulatedVersion = {
            version: all.length + 1,
            codeSha256: hashOf(lock, bucket),
            settings: description,
            createdAt: scheduler.now(),
            actor,
            publishedIn: startedAt,
            cameLate: scheduler.isLanding() || !holdsLease(actor, ledgerOf(layer, bucket), scheduler.now()),
            deletedAt: undefined,
            statements: new Map(),
            revision: undefined,
        };
        all.push(version);
        return factsOf(version);
    };

    const placeOf = (actor: string, layer: string, bucket: string): Place => {
        const object = objectOf(layer, bucket);
        const visible = (version: SimulatedVersion, at: number) =>
            version.createdAt <= at && (version.deletedAt === undefined || version.deletedAt > at);
        const shown = (at: number) => versionsOf(layer).filter((version) => visible(version, at));
        const both = <Answer>(answer: (at: number) => Answer) => ({
            act: () => answer(scheduler.now()),
            stale: () => answer(scheduler.now() - lag),
            changes: false,
            outcomes: laggingRead,
        });
        return {
            layer: arnOf(layer),
            clock: scheduler.clockOf(actor),
            tell: (note) => notes.push({ actor, note }),
            store: {
                read: (known) =>
                    call(actor, "read ledger", {
                        act: () =>
                            known !== undefined && known === object.etag
                                ? "unchanged"
                                : { text: object.text, version: object.etag, date: dateOf(scheduler.now()) },
                        changes: false,
                        outcomes: read,
                    }),
                write: (text, over) =>
                    call(actor, text === undefined ? "remove ledger" : "write ledger", {
                        act: () => {
                            if (over !== object.etag) {
                                return undefined;
                            }
                            object.text = text;
                            object.etag =
                                text === undefined ? undefined : createHash("md5").update(text).digest("hex");
                            if (text !== undefined) {
                                noteRevision(object, text, layer, bucket);
                            }
                            return { version: object.etag, date: dateOf(scheduler.now()) };
                        },
                        open: { answer: undefined },
                        changes: true,
                        outcomes: write,
                    }),
            },
            versions: {
                newest: () =>
                    call(
                        actor,
                        "list versions",
                        both((at) => Math.max(0, ...shown(at).map(({ version }) => version))),
                    ),
                list: () =>
                    call(
                        actor,
                        "list versions",
                        both((at) => shown(at).map(factsOf)),
                    ),
                get: (version) =>
                    call(
                        actor,
                        "get version",
                        both((at) =>
                            shown(at)
                                .map(factsOf)
                                .find((each) => each.version === version),
                        ),
                    ),
                delete: (version) =>
                    call(actor, "delete version", {
                        act: () => {
                            const found = versionOf(layer, version);
                            if (found !== undefined) {
                                found.deletedAt = scheduler.now();
                                noteDeletion(layer, bucket, version);
                            }
                        },
                        changes: true,
                        outcomes: change,
                    }),
                readPolicy: (version) =>
                    call(actor, "read policy", {
                        act: () => {
                            const found = versionOf(layer, version);
                            return {
                                revision: found?.revision === undefined ? undefined : String(found.revision),
                                statements: [...(found?.statements.get(bucket)?.values() ?? [])],
                            };
                        },
                        changes: false,
                        outcomes: read,
                    }),
                addStatement: (version, statement, revision) =>
                    call(actor, "add permission", {
                        act: () =>
                            hasStatement(layer, version, bucket, statement)
                                ? undefined
                                : changePolicy(versionOf(layer, version), bucket, revision, (ours) =>
                                      ours.set(JSON.stringify(statement), statement),
                                  ),
                        changes: true,
                        outcomes: change,
                    }),
                removeStatement: (version, statement, revision) =>
                    call(actor, "remove permission", {
                        act: () =>
                            changePolicy(versionOf(layer, version), bucket, revision, (ours) =>
                                ours.delete(JSON.stringify(statement)),
                            ) !== undefined,
                        changes: true,
                        outcomes: change,
                    }),
            },
            objects: {
                delete: (_version, keys) =>
                    call(actor, "delete objects", {
                        act: () => {
                            for (const key of keys) {
                                artifacts.delete(`${bucket}/${key}`);
                            }
                        },
                        changes: true,
                        outcomes: change,
                    }),
            },
        };
    };

    /** Lambda refuses a statement id that is there (`ResourceConflictException`). */
    const hasStatement = (layer: string, version: number, whose: string, statement: Statement): boolean =>
        versionOf(layer, version)?.statements.get(whose)?.has(JSON.stringify(statement)) ?? false;

    let revisions = 0;
    /** Answers the new revision, `undefined` when the policy is of another one than the given, or gone. */
    const changePolicy = (
        version: SimulatedVersion | undefined,
        whose: string,
        revision: string | undefined,
        edit: (ours: Map<string, Statement>) => void,
    ): string | undefined => {
        if (version === undefined) {
            return undefined;
        }
        if (revision !== undefined && revision !== String(version.revision)) {
            return undefined;
        }
        const ours = version.statements.get(whose) ?? new Map<string, Statement>();
        version.statements.set(whose, ours);
        edit(ours);
        revisions += 1;
        const isEmpty = [...version.statements.values()].every(({ size }) => size === 0);
        version.revision = isEmpty ? undefined : revisions;
        return String(revisions);
    };
    const noteRevision = (object: SimulatedObject, text: string, layer: string, bucket: string) => {
        const ledger = ledgerOf(layer, bucket);
        if (ledger === undefined) {
            violations.push(`a ledger was written that cannot be read: ${text}`);
            return;
        }
        const former = object.sequences.get(ledger.epoch) ?? 0;
        if (ledger.sequence <= former) {
            violations.push(`I5 sequence ${ledger.sequence} after ${former}`);
        }
        object.sequences.set(ledger.epoch, ledger.sequence);
        for (const [version, { deleting }] of ledger.versions) {
            if (deleting) {
                object.everDeleting.add(version);
            }
        }
    };
    const noteDeletion = (layer: string, bucket: string, version: number) => {
        if (!objectOf(layer, bucket).everDeleting.has(version)) {
            violations.push(`I2 version ${version} deleted, and the ledger never said so`);
        }
        for (const [name] of ledgers) {
            const [other = "", ofLayer = ""] = name.split("/");
            const entry = ofLayer === layer ? ledgerOf(layer, other)?.versions.get(version) : undefined;
            if (entry !== undefined && !entry.deleting && entry.holders.size > 0) {
                violations.push(
                    `I2 version ${version} deleted, and ${other} calls it ${entry.origin} with ${entry.holders.size} holders`,
                );
            }
        }
    };

    return {
        scheduler,
        layers,
        ledgers,
        artifacts,
        notes,
        violations,
        calls,
        placeOf,
        prepare: async (actor, what, startedAt) => {
            const { bucket, lock } = what;
            await call(actor, "upload", {
                act: () => void artifacts.add(`${bucket}/${lock}`),
                changes: true,
                outcomes: change,
            });
            return {
                codeSha256: hashOf(lock, bucket),
                codeSize: 1,
                publish: () =>
                    call<Awaited<ReturnType<Prepared["publish"]>>>(actor, "publish", {
                        act: () => publish(actor, what, startedAt),
                        open: { answer: "unanswered" },
                        changes: true,
                        outcomes: ["ok", "unanswered", "refused", "late", "fails"],
                    }),
            };
        },
        call: (actor, name) =>
            call(actor, name, { act: () => undefined, changes: false, outcomes: ["ok", "fails"] }),
        ledgerOf,
        objectOf,
        versionOf,
    };
}

/** S3 says whole seconds. */
const dateOf = (now: number): number => Math.floor(now / 1000) * 1000;

const factsOf = ({ version, codeSha256, settings, createdAt }: SimulatedVersion): PublishedFacts => ({
    version,
    codeSha256,
    settings,
    createdAt,
    codeSize: 1,
});

/** Whether an actor, whose ids begin with its name, may publish without being taken for dead. */
const holdsLease = (actor: string, ledger: Ledger | undefined, now: number): boolean =>
    [...(ledger?.publishing.values() ?? [])].some(
        ({ by, at }) => by.startsWith(actor) && now - at < leaseTimes.stale,
    );
