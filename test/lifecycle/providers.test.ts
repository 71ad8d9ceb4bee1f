import assert from "node:assert/strict";
import type { Hooks } from "../../provider/dynamic/provider";
import { defaultAccount } from "../strictAws";
import { awsSettings, region, uniqueName } from "../unit/emulatedAws";
import { type PluginProcess, startPlugin } from "./pluginProcess";
import { createStack, type Declared } from "./simulatedEngine";
import { only, succeed, usedIn, useStrictAws } from "./strictTests";

/** Explicit providers are processes of their own: the one that deletes has not seen what the other one checked and made. */
describe("a resource that moves to another provider", function () {
    this.timeout(60_000);
    const strict = useStrictAws();
    const plugins: PluginProcess[] = [];
    afterEach(async () => {
        await Promise.all(plugins.splice(0).map((plugin) => plugin.end()));
    });
    /** As at the start of a run: it knows nothing. */
    const startProvider = async (): Promise<Hooks> => {
        const plugin = await startPlugin(strict.project.folder, awsSettings(strict.aws.endpoint), {
            lease: { stale: 400 },
            secondLook: 50,
        });
        plugins.push(plugin);
        return plugin.hooks;
    };
    const prepare = async (stem: string, more: Record<string, unknown> = {}) => {
        const layerName = uniqueName(stem);
        const bucket = strict.bucket();
        const old = await startProvider();
        const declared = (
            variant: number,
            provider?: Hooks,
            args: Record<string, unknown> = {},
        ): Declared => ({
            name: "deps",
            args: strict.project.zip(variant, { layerName, bucket: bucket.name, ...more, ...args }),
            ...(provider === undefined ? {} : { provider }),
        });
        const stack = createStack(stem, "dev");
        return { layerName, bucket, old, declared, stack };
    };
    const steps = ["create deps", "delete deps"];

    it("keeps its version when a replacement comes to the same, and deletes it once it goes", async () => {
        const { layerName, bucket, old, declared, stack } = await prepare("same");
        await succeed(() => stack.up([declared(0, old)]));
        assert.deepEqual(await succeed(() => stack.up([declared(0)])), []);
        // The process of the next run: it has neither checked nor made anything.
        const [saved] = stack.resources.values();
        assert.ok(saved !== undefined);
        stack.resources.set(saved.urn, { ...saved, provider: await startProvider() });
        // Another manifest of the same zip.
        const again = declared(0, undefined, { manifest: "package-lock-1.json" });
        assert.deepEqual(await succeed(() => stack.up([again])), steps);
        assert.deepEqual(strict.versions(layerName), [1]);
        assert.equal(usedIn(bucket).length, 1);
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), []);
        assert.deepEqual(usedIn(bucket), []);
    });

    for (const [keepVersions, kept] of [
        ["all", [1, 2]],
        [0, [2]],
    ] as const) {
        it(`leaves a superseded version as keepVersions ${keepVersions} says`, async () => {
            const { layerName, bucket, old, declared, stack } = await prepare("superseded", { keepVersions });
            await succeed(() => stack.up([declared(0)]));
            const [saved] = stack.resources.values();
            assert.ok(saved !== undefined);
            stack.resources.set(saved.urn, { ...saved, provider: old });
            assert.deepEqual(await succeed(() => stack.up([declared(1)])), steps);
            assert.deepEqual(strict.versions(layerName), kept);
            assert.equal(usedIn(bucket).length, 1);
            await succeed(() => stack.destroy());
            assert.deepEqual(
                strict.versions(layerName),
                kept.filter((version) => version !== 2),
            );
        });
    }

    it("returns to an earlier version within the second, and the later one stays", async () => {
        const { layerName, old, declared, stack } = await prepare("returned");
        await succeed(() => stack.up([declared(0)]));
        await succeed(() => stack.up([declared(1)]));
        const [saved] = stack.resources.values();
        assert.ok(saved !== undefined);
        stack.resources.set(saved.urn, { ...saved, provider: old });
        assert.deepEqual(await succeed(() => stack.up([declared(0)])), steps);
        assert.deepEqual(strict.versions(layerName), [1, 2]);
        assert.match(only(stack).id, /:1$/);
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), [2]);
    });

    it("to another region is removed from the old one, whose process knows of no other: others' holds stay", async () => {
        const { layerName, old, declared, stack } = await prepare("abroad");
        await succeed(() => stack.up([declared(0)]));
        const [saved] = stack.resources.values();
        assert.ok(saved !== undefined);
        stack.resources.set(saved.urn, { ...saved, provider: old });
        const other = createStack("abroad", "other");
        await succeed(() => other.up([declared(0)]));
        assert.deepEqual(
            await succeed(() => stack.up([declared(0, undefined, { region: "us-east-1" })])),
            steps,
        );
        assert.deepEqual(strict.versions(layerName), [1]);
        await succeed(() => other.destroy());
        assert.deepEqual(strict.versions(layerName), []);
        assert.equal(only(stack).id, `arn:aws:lambda:us-east-1:${defaultAccount}:layer:${layerName}:1`);
        assert.notEqual(region, "us-east-1");
    });

    it("with deleteBeforeReplace has it deleted before", async () => {
        const { layerName, old, declared, stack } = await prepare("before");
        await succeed(() => stack.up([declared(0)]));
        const [saved] = stack.resources.values();
        assert.ok(saved !== undefined);
        stack.resources.set(saved.urn, { ...saved, provider: old });
        const before = { ...declared(1), deleteBeforeReplace: true };
        assert.deepEqual(await succeed(() => stack.up([before])), ["delete deps", "create deps"]);
        assert.deepEqual(strict.versions(layerName), [2]);
        assert.match(only(stack).id, /:2$/);
    });
});
