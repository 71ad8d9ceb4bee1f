import assert from "node:assert/strict";
import { uniqueName } from "../unit/emulatedAws";
import { openProvider } from "./place";
import { quietly } from "./quiet";
import { createStack, type Declared, type SimulatedStack } from "./simulatedEngine";
import { failure, only, succeed, usedIn, useStrictAws } from "./strictTests";

describe("a replacement with deleteBeforeReplace", function () {
    this.timeout(60_000);
    const strict = useStrictAws();
    const steps = ["delete deps", "create deps"];

    const prepare = (stem: string) => {
        const layerName = uniqueName(stem);
        const bucket = strict.bucket();
        const declared = (variant: number, more: Record<string, unknown> = {}): Declared => ({
            name: "deps",
            args: strict.project.zip(variant, { layerName, bucket: bucket.name, ...more }),
            deleteBeforeReplace: true,
        });
        return { layerName, bucket, declared, stack: createStack(stem, "dev") };
    };
    /** A run that ends after the old version's delete, before the new one is made. */
    const cutShort = async (stack: SimulatedStack, declared: Declared) => {
        const create = () => Promise.reject(new Error("killed"));
        stack.useHooks({ ...openProvider(), create });
        assert.equal(await failure(() => stack.up([declared])), "killed");
        stack.useHooks(undefined);
        assert.equal(stack.resources.size, 0);
    };

    it("deletes at once what keepVersions says, and not before the new version is there", async () => {
        const { layerName, bucket, declared, stack } = prepare("at-once");
        await succeed(() => stack.up([declared(0, { keepVersions: 1 })]));
        assert.deepEqual(await succeed(() => stack.up([declared(1, { keepVersions: 1 })])), steps);
        assert.deepEqual(strict.versions(layerName), [1, 2]);
        assert.deepEqual(usedIn(bucket), [2]);
        assert.deepEqual(await succeed(() => stack.up([declared(2, { keepVersions: 1 })])), steps);
        assert.deepEqual(strict.versions(layerName), [2, 3]);
        await cutShort(stack, declared(3, { keepVersions: 0 }));
        assert.deepEqual(strict.versions(layerName), [2, 3]);
    });

    it("that is cut short is ended by the next run", async () => {
        const { layerName, bucket, declared, stack } = prepare("cut-short");
        const permitted = { permissions: ["111111111111"] };
        await succeed(() => stack.up([declared(0, permitted)]));
        await cutShort(stack, declared(1, { keepVersions: 0 }));
        assert.deepEqual(await succeed(() => stack.up([declared(1, { keepVersions: 0 })])), ["create deps"]);
        assert.deepEqual(strict.versions(layerName), [2]);
        assert.deepEqual(usedIn(bucket), [2]);
        await cutShort(stack, declared(2));
        // The version that waits is the one that is wanted again.
        assert.deepEqual(await succeed(() => stack.up([declared(1)])), ["create deps"]);
        assert.match(only(stack).id, /:2$/);
        assert.deepEqual(usedIn(bucket), [2]);
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), []);
        assert.deepEqual(usedIn(bucket), []);
    });

    it("that is cut short behind the new version leaves that one to a person: its hold is told", async () => {
        const { layerName, bucket, declared, stack } = prepare("behind");
        await succeed(() => stack.up([declared(0)]));
        strict.aws.state.denied.add("lambda:DeleteLayerVersion");
        const create = async (inputs: Record<string, unknown>) => {
            await openProvider().create(inputs);
            throw new Error("killed");
        };
        stack.useHooks({ ...openProvider(), create });
        assert.equal(await failure(() => stack.up([declared(1, { keepVersions: 0 })])), "killed");
        stack.useHooks(undefined);
        strict.aws.state.denied.clear();
        assert.deepEqual(strict.versions(layerName), [1, 2]);
        const told: string[] = [];
        const { error } = await quietly(() => stack.up([declared(2, { keepVersions: 0 })]), told);
        assert.equal(error, undefined);
        assert.deepEqual(strict.versions(layerName), [2, 3]);
        assert.deepEqual(usedIn(bucket), [2, 3]);
        assert.match(told.join("\n"), /version 2 is also held by create .* release/);
    });

    it("that fails once the new version is there is ended by the update", async () => {
        const { layerName, bucket, declared, stack } = prepare("unfinished");
        await succeed(() => stack.up([declared(0)]));
        const replacement = declared(1, { keepVersions: 0, permissions: ["o-abcdefghij"] });
        strict.aws.state.denied.add("lambda:DeleteLayerVersion");
        strict.aws.state.denied.add("lambda:AddLayerVersionPermission");
        await failure(() => stack.up([replacement]));
        strict.aws.state.denied.clear();
        assert.deepEqual(strict.versions(layerName), [1, 2]);
        assert.deepEqual(await succeed(() => stack.up([replacement])), ["update deps"]);
        assert.deepEqual(strict.versions(layerName), [2]);
        assert.deepEqual(usedIn(bucket), [2]);
    });

    it("leaves no hold on the version of another, also when it is cut short", async () => {
        const { layerName, bucket, declared, stack } = prepare("of-another");
        const other = createStack("of-another", "other");
        await succeed(() => other.up([declared(0)]));
        await succeed(() => stack.up([declared(0)]));
        await cutShort(stack, declared(1));
        // It has not come to its successor: nobody takes the version away meanwhile.
        await succeed(() => other.destroy());
        assert.deepEqual(strict.versions(layerName), [1]);
        await succeed(() => other.up([declared(0)]));
        await succeed(() => stack.up([declared(1)]));
        assert.deepEqual(usedIn(bucket), [1, 2]);
        await succeed(() => stack.destroy());
        await succeed(() => other.destroy());
        assert.deepEqual(usedIn(bucket), []);
    });

    it("by another layer leaves the old one's version as a superseded one", async () => {
        for (const [keepVersions, kept] of [
            ["all", [1]],
            [0, []],
        ] as const) {
            const { layerName, bucket, declared, stack } = prepare("another-layer");
            await succeed(() => stack.up([declared(0, { keepVersions })]));
            const elsewhere = uniqueName("elsewhere");
            assert.deepEqual(
                await succeed(() => stack.up([declared(0, { keepVersions, layerName: elsewhere })])),
                steps,
            );
            assert.deepEqual(strict.versions(layerName), kept);
            assert.deepEqual(strict.versions(elsewhere), [1]);
            assert.equal(usedIn(bucket).length, 1);
        }
    });
});
