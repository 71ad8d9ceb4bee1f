import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isProblem, parseLedger } from "../../provider/publish/ledger/format";
import { holdings, type Ledger } from "../../provider/publish/ledger/ledger";
import { defaultAccount, type StrictAws, startStrictAws } from "../strictAws";
import { addBucket, md5, type StrictBucket, type StrictLayer, store } from "../strictAws/state";
import { region, settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure, enter } from "./place";
import { quietly } from "./quiet";
import type { RunOutcome, SimulatedStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

/** A strict AWS and a folder with manifests, for the tests of one `describe`; the hooks run in that folder. */
export interface StrictTests {
    readonly aws: StrictAws;
    readonly project: TinyProject;
    bucket(
        options?: Partial<Pick<StrictBucket, "region" | "account" | "versioned" | "kms" | "demands">>,
    ): StrictBucket;
    /** Puts a zip of the project into a bucket, as somebody else's build would. Answers a LayerVersion's `content`. */
    archive(bucket: StrictBucket, variant: number): { readonly s3Bucket: string; readonly s3Key: string };
    layer(
        name: string,
        place?: { readonly region?: string; readonly account?: string },
    ): StrictLayer | undefined;
    versions(name: string): number[];
    /** Sends the hooks to it, with settings of the stack. */
    configure(settings?: Readonly<Record<string, string>>): void;
}

/** Declares the hooks that start and stop it. What it answers may be used inside tests only. */
export function useStrictAws(): StrictTests {
    let aws: StrictAws | undefined;
    let project: TinyProject | undefined;
    before(async () => {
        aws = await startStrictAws();
        project = await createTinyProject(4);
        enter(project.folder);
    });
    beforeEach(() => tests.configure());
    afterEach(() => {
        // A bucket's name may be somebody else's by now: no call may go to whoever has it.
        assert.deepEqual(there(aws).state.unguarded.splice(0), []);
    });
    after(async () => {
        await project?.remove();
        await aws?.stop();
    });
    const there = <Value>(value: Value | undefined): Value => {
        assert.ok(value !== undefined, "only inside a test");
        return value;
    };
    const tests: StrictTests = {
        get aws() {
            return there(aws);
        },
        get project() {
            return there(project);
        },
        bucket: (options = {}) =>
            addBucket(there(aws).state, {
                name: uniqueName("artifacts"),
                region,
                account: defaultAccount,
                ...options,
            }),
        archive: (bucket, variant) => {
            const { folder } = there(project);
            const manifest = readFileSync(join(folder, `package-lock-${variant}.json`));
            store(there(aws).state, bucket, "layer.zip", {
                body: readFileSync(join(folder, `layer-${variant}.zip`)),
                metadata: { manifest_md5: md5(manifest) },
                contentType: "application/zip",
            });
            return { s3Bucket: bucket.name, s3Key: "layer.zip" };
        },
        layer: (name, place = {}) =>
            there(aws).state.layers.get(
                `${place.account ?? defaultAccount}/${place.region ?? region}/${name}`,
            ),
        versions: (name) => [...(tests.layer(name)?.versions.keys() ?? [])],
        configure: (settings = {}) =>
            configure(settingsFor(there(aws).endpoint, { "aws:maxRetries": "2", ...settings }), {
                lease: { stale: 400 },
                secondLook: 50,
            }),
    };
    return tests;
}

/** A run that has to succeed; answers what it did. */
export async function succeed(work: () => Promise<RunOutcome>): Promise<readonly string[]> {
    const { steps, error } = await quietly(work);
    assert.equal(error?.message, undefined);
    return steps;
}

/** A run that has to fail; answers the message, with the reasons of a partial failure. */
export async function failure(work: () => Promise<RunOutcome>): Promise<string> {
    const { error } = await quietly(work);
    assert.ok(error !== undefined, "it succeeded");
    return [error.message, ...((error as { reasons?: string[] }).reasons ?? [])].join("\n");
}

/** The ledgers in a bucket; a bucket of one layer in one region has one at most. */
export const ledgersIn = ({ objects }: StrictBucket): Ledger[] =>
    [...objects].flatMap(([key, states]) => {
        const body = states.at(-1)?.body;
        if (!/\/ledger-[^/]*\.json$/.test(key) || body === undefined) {
            return [];
        }
        const text = body.toString("utf8");
        const ledger = parseLedger(text, String((JSON.parse(text) as { layer: string }).layer));
        assert.ok(!isProblem(ledger), key);
        return [ledger];
    });

/** The versions that resources in some state use, in order, each as often as it is used. */
export const usedIn = (bucket: StrictBucket): number[] =>
    ledgersIn(bucket)
        .flatMap(holdings)
        .filter(({ holder }) => holder.use === "current")
        .map(({ version }) => version)
        .sort((left, right) => left - right);

/** The one resource of a stack. */
export function only(stack: SimulatedStack) {
    const [saved, ...others] = stack.resources.values();
    assert.ok(saved !== undefined && others.length === 0, `${others.length + 1} resources`);
    return saved;
}
