import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { openCore } from "../core";
import { type StrictBucket, store } from "../strictAws/state";
import { settingsFor, uniqueName } from "../unit/emulatedAws";
import { quietly } from "./quiet";
import { createStack, type Declared, type SimulatedStack } from "./simulatedEngine";
import { failure, only, succeed, usedIn, useStrictAws } from "./strictTests";

describe("in doubt a version stays", function () {
    this.timeout(60_000);
    const strict = useStrictAws();
    type Args = Readonly<Record<string, unknown>>;
    const prepare = (stem: string) => {
        const layerName = uniqueName(stem);
        const bucket = strict.bucket();
        const declared = (variant: number, more: Args = {}, name = "deps"): Declared => ({
            name,
            type: "PythonLayer",
            args: strict.project.python(variant, { layerName, bucket: bucket.name, ...more }),
        });
        return { layerName, bucket, declared };
    };
    /** The version that a state points at is in Lambda. */
    const isThere = (layerName: string, stack: SimulatedStack, name = "deps") => {
        const saved = [...stack.resources.values()].find(({ urn }) => urn.endsWith(`::${name}`));
        assert.ok(saved !== undefined);
        const version = Number(saved.id.split(":").at(-1));
        assert.ok(strict.versions(layerName).includes(version), `version ${version} is gone`);
    };
    const ledgerKey = (bucket: StrictBucket) =>
        [...bucket.objects.keys()].find((key) => key.includes("/ledger-")) ?? "";

    describe("with two states of the same project, stack and name", () => {
        /** Two self-managed backends: everything that names the resources is equal. */
        const twins = () => [createStack("twin", "dev"), createStack("twin", "dev")] as const;

        it("when one changes its lock with keepVersions 0", async () => {
            const { layerName, declared } = prepare("twins");
            const [one, other] = twins();
            await succeed(() => one.up([declared(0, { keepVersions: 0 })]));
            await succeed(() => other.up([declared(1, { keepVersions: 0 })]));
            await succeed(() => one.up([declared(2, { keepVersions: 0 })]));
            isThere(layerName, one);
            isThere(layerName, other);
            await succeed(() => other.up([declared(3, { keepVersions: 0 })]));
            isThere(layerName, one);
            isThere(layerName, other);
        });

        it("when one is destroyed with forceDestroy", async () => {
            const { layerName, declared } = prepare("twins");
            for (const first of [0, 1] as const) {
                const stacks = twins();
                await succeed(() => stacks[0].up([declared(0, { forceDestroy: true })]));
                await succeed(() => stacks[1].up([declared(1, { forceDestroy: true })]));
                await succeed(() => stacks[first].destroy());
                isThere(layerName, stacks[1 - first] as SimulatedStack);
                await succeed(() => (stacks[1 - first] as SimulatedStack).destroy());
            }
        });

        it("when both have the same lock and one is destroyed", async () => {
            const { layerName, declared } = prepare("twins");
            const [one, other] = twins();
            await succeed(() => one.up([declared(0)]));
            await succeed(() => other.up([declared(0)]));
            await succeed(() => one.destroy());
            isThere(layerName, other);
            await succeed(() => other.destroy());
            assert.deepEqual(strict.versions(layerName), []);
        });

        it("when one leaves the version that both have", async () => {
            const { layerName, declared } = prepare("twins");
            const [one, other] = twins();
            await succeed(() => one.up([declared(0, { keepVersions: 0 })]));
            await succeed(() => other.up([declared(0, { keepVersions: 0 })]));
            for (const [leaving, staying] of [
                [one, other],
                [other, one],
            ] as const) {
                await succeed(() => leaving.up([declared(1, { keepVersions: 0 })]));
                isThere(layerName, leaving);
                isThere(layerName, staying);
            }
        });

        it("and the other's hold is told, with what lets go of it", async () => {
            const { declared } = prepare("twins");
            const [one, other] = twins();
            await succeed(() => one.up([declared(0)]));
            const told: string[] = [];
            await quietly(() => other.up([declared(1)]), told);
            assert.match(
                told.join("\n"),
                /warning: .*version 1 is also held by create [0-9a-f-]{36} of twin\/dev\/PythonLayer\/deps.*`pulumi-lambda-layer release [0-9a-f-]{36}`/,
            );
        });
    });

    const damages: readonly (readonly [string, (text: string) => string | undefined])[] = [
        ["is gone", () => undefined],
        ["is empty", () => ""],
        ["is cut off", (text) => text.slice(0, text.length / 2)],
        ["is of another type", () => "[]"],
        ["says nonsense", (text) => text.replace('"deleting"', "1").replace('"origin"', '"origins"')],
        ["is of a newer release", (text) => text.replace('"format": 1', '"format": 2')],
        ["is another layer's", (text) => text.replace(/:layer:[^"]*/, ":layer:somebody-elses")],
        ["has a version that is no number", (text) => text.replace('"1": {', '"1.5": {')],
        ["is huge", (text) => `${text.slice(0, -2)}, "x": "${"x".repeat(2_000_000)}"}`.replace('"1"', '"x"')],
    ];
    for (const [damage, change] of damages) {
        it(`when the ledger ${damage} and a stack that shares the version is destroyed`, async () => {
            const { layerName, bucket, declared } = prepare("damaged");
            const [one, other] = [createStack("damaged", "one"), createStack("damaged", "other")];
            await succeed(() => one.up([declared(0)]));
            await succeed(() => other.up([declared(0)]));
            const key = ledgerKey(bucket);
            const text = change(bucket.objects.get(key)?.at(-1)?.body?.toString() ?? "");
            bucket.objects.delete(key);
            if (text !== undefined) {
                const body = Buffer.from(text);
                store(strict.aws.state, bucket, key, { body, metadata: {}, contentType: "" });
            }
            const told: string[] = [];
            assert.equal((await quietly(() => one.destroy(), told)).error, undefined);
            assert.match(told.join("\n"), /warning: .*kept version 1: its ledger is (?:missing|not used)/);
            isThere(layerName, other);
            if (text === undefined) {
                // The other state becomes a holder in a new ledger, and still nobody knows who else uses the version.
                await succeed(() => other.refresh());
                assert.deepEqual(await succeed(() => other.up([declared(0)])), ["update deps"]);
                assert.deepEqual(usedIn(bucket), [1]);
                await succeed(() => other.destroy());
                assert.deepEqual(strict.versions(layerName), [1]);
            } else {
                assert.match(
                    await failure(() => other.up([declared(1)])),
                    /LEDGER_UNREADABLE|holds the records of layer/,
                );
                assert.deepEqual(strict.versions(layerName), [1]);
            }
        });
    }

    it("when a lifecycle rule has emptied the bucket", async () => {
        const { layerName, bucket, declared } = prepare("emptied");
        const [one, other] = [createStack("emptied", "one"), createStack("emptied", "other")];
        await succeed(() => one.up([declared(0)]));
        await succeed(() => other.up([declared(0)]));
        bucket.objects.clear();
        await succeed(() => one.refresh());
        assert.deepEqual(await succeed(() => one.up([declared(0)])), ["update deps"]);
        await succeed(() => one.destroy());
        isThere(layerName, other);
        await succeed(() => other.refresh());
        assert.deepEqual(await succeed(() => other.up([declared(0)])), ["update deps"]);
        isThere(layerName, other);
    });

    it("but the version of a resource that leaves goes, whoever else has the layer's name", async () => {
        const { layerName, declared } = prepare("neighbours");
        const stack = createStack("neighbours", "dev");
        await succeed(() => stack.up([declared(0), declared(1, {}, "extra")]));
        await succeed(() => stack.up([declared(0)]));
        assert.deepEqual(strict.versions(layerName), [1]);
        isThere(layerName, stack);
    });

    it("and a version that is not what the ledger says is not taken over", async () => {
        const { layerName, bucket, declared } = prepare("misled");
        const stack = createStack("misled", "dev");
        await succeed(() => stack.up([declared(0)]));
        await succeed(() => stack.up([declared(1)]));
        const key = ledgerKey(bucket);
        const ledger = JSON.parse(bucket.objects.get(key)?.at(-1)?.body?.toString() ?? "") as {
            versions: Record<string, { key: string; artifacts: string[]; codeSha256: string }>;
        };
        // Somebody has exchanged what the two versions are.
        const { "1": first, "2": second } = ledger.versions;
        assert.ok(first !== undefined && second !== undefined);
        for (const name of ["key", "artifacts", "codeSha256"] as const) {
            const kept = first[name];
            Object.assign(first, { [name]: second[name] });
            Object.assign(second, { [name]: kept });
        }
        const body = Buffer.from(JSON.stringify(ledger));
        store(strict.aws.state, bucket, key, { body, metadata: {}, contentType: "" });
        const other = createStack("misled", "other");
        await succeed(() => other.up([declared(0)]));
        assert.equal(only(other).outputs["codeSha256"], strict.layer(layerName)?.versions.get(1)?.codeSha256);
        isThere(layerName, other);
        isThere(layerName, stack);
    });

    it("while a wait for another publisher ends when the run is cancelled", async () => {
        const { layerName, bucket, declared } = prepare("waiting");
        const stack = createStack("waiting", "dev");
        // Somebody is publishing, and does not come to an end.
        let stopped = false;
        const publish = strict.aws.state.publishErrors;
        publish.shift = () =>
            stopped
                ? undefined
                : { status: 503, code: "ServiceUnavailable", message: "please come again later" };
        const slow = quietly(() => stack.up([declared(0)]));
        while (ledgerKey(bucket) === "") {
            await sleep(20);
        }
        const cancelled = new AbortController();
        const { folder } = strict.project;
        const settings = settingsFor(strict.aws.endpoint);
        const { layers, call, said } = openCore({ folder, settings, signal: cancelled.signal });
        const { inputs } = await layers.check(
            call,
            {},
            {
                owner: "acme/urn:pulumi:dev::other::pulumi-nodejs:dynamic/lambda:PythonLayer::deps",
                ...declared(0).args,
            },
        );
        const waiting = layers.create(call, inputs);
        while (!said.some((line) => line.includes("waiting for it"))) {
            await Promise.race([sleep(20), waiting]);
        }
        cancelled.abort(new Error("cancelled"));
        await assert.rejects(waiting, /cancelled/);
        stopped = true;
        await slow;
        Reflect.deleteProperty(publish, "shift");
        assert.ok(strict.versions(layerName).length <= 1);
    });
});

describe("equal bytes", function () {
    this.timeout(60_000);
    const strict = useStrictAws();

    it("are one version, whatever led to them: a resource that comes to them again keeps its version", async () => {
        const layerName = uniqueName("equal");
        const bucket = strict.bucket();
        const stack = createStack("equal", "dev");
        const declared = (manifest: string): Declared => ({
            name: "deps",
            args: strict.project.zip(0, { layerName, bucket: bucket.name, manifest }),
        });
        await succeed(() => stack.up([declared("package-lock-0.json")]));
        // Another manifest, and a zip that was not built again.
        assert.deepEqual(await succeed(() => stack.up([declared("package-lock-1.json")])), [
            "create deps",
            "delete deps",
        ]);
        assert.deepEqual(strict.versions(layerName), [1]);
        assert.deepEqual(usedIn(bucket), [1]);
        assert.deepEqual(await succeed(() => stack.up([declared("package-lock-1.json")])), []);
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), []);
        assert.deepEqual([...bucket.objects.keys()], []);
    });

    it("with other settings are another version", async () => {
        const layerName = uniqueName("settings");
        const bucket = strict.bucket();
        const stack = createStack("settings", "dev");
        const declared = (more: object): Declared => ({
            name: "deps",
            args: strict.project.zip(0, { layerName, bucket: bucket.name, ...more }),
        });
        for (const more of [{}, { description: "x" }, { triggers: ["1"] }, { licenseInfo: "MIT" }]) {
            await succeed(() => stack.up([declared(more)]));
        }
        assert.deepEqual(strict.versions(layerName), [1, 2, 3, 4]);
        await succeed(() => stack.up([declared({})]));
        assert.match(only(stack).id, /:1$/);
    });
});
