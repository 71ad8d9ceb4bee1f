import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ListLayerVersionsCommand } from "@aws-sdk/client-lambda";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { Emulator } from "../../scripts/emulator";
import { emulators } from "../emulators";
import { type FaultProxy, seeded, startFaultProxy } from "../faultProxy";
import { clientsAt, createBucket, settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure, enter } from "./place";
import { quietly } from "./quiet";
import { createStack, type SimulatedStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

/** How often the stacks of each test meet. */
const rounds = Number(process.env["PLL_SHARING_ROUNDS"] ?? 8);

for (const { label, start } of emulators) {
    describe(`stacks that share a version, and are destroyed at the same moment (${label})`, function () {
        this.timeout(300_000);
        let emulator: Emulator;
        let proxy: FaultProxy;
        let project: TinyProject;
        let bucket: string;
        const random = seeded(20261122);

        before(async () => {
            [emulator, project] = await Promise.all([start(), createTinyProject(1)]);
            // Requests overtake each other, so that each round is another interleaving.
            proxy = await startFaultProxy(emulator.endpoint, () => {
                const milliseconds = 40 * random() ** 4;
                return { kind: "hold", until: () => sleep(milliseconds) };
            });
            bucket = (await createBucket(await clientsAt(emulator.endpoint))).name;
            enter(project.folder);
        });
        after(async () => {
            await proxy.stop();
            await project.remove();
            await emulator.stop();
        });

        /** Stacks that have come to one version, one after the other: the first one answers for it. */
        async function share(layerName: string, count: number): Promise<SimulatedStack[]> {
            configure(settingsFor(emulator.endpoint));
            const stacks = Array.from({ length: count }, (_, number) => createStack(layerName, `s${number}`));
            for (const stack of stacks) {
                const forceDestroy = random() < 0.3;
                const args = project.zip(0, { layerName, bucket, ...(forceDestroy ? { forceDestroy } : {}) });
                await must(() => stack.up([{ name: "deps", args }]));
            }
            return stacks;
        }
        const must = async (run: () => ReturnType<SimulatedStack["up"]>) => {
            const { error } = await quietly(run);
            assert.equal(error?.message, undefined);
        };
        const destroyAtOnce = async (stacks: readonly SimulatedStack[]) => {
            configure(settingsFor(proxy.endpoint));
            const outcomes = await quietly(() =>
                Promise.all(
                    stacks.map(async (stack) => {
                        await sleep(200 * random());
                        return stack.destroy();
                    }),
                ),
            );
            assert.deepEqual(
                outcomes.flatMap(({ error }) => (error === undefined ? [] : [error.message])),
                [],
            );
        };
        const versions = async (layerName: string) => {
            const { lambda } = await clientsAt(emulator.endpoint);
            const { LayerVersions = [] } = await lambda.send(
                new ListLayerVersionsCommand({ LayerName: layerName }),
            );
            return LayerVersions.map(({ Version }) => Version);
        };
        /** What is kept of the layer's versions: manifests, records, claims, keys. */
        const kept = async (layerName: string) => {
            const { s3 } = await clientsAt(emulator.endpoint);
            const { Contents = [] } = await s3.send(
                new ListObjectsV2Command({ Bucket: bucket, Prefix: `lambda/${layerName}/` }),
            );
            return Contents.map(({ Key = "" }) => Key).filter((key) => /\/(\d{6}|publications)\//.test(key));
        };

        for (const count of [2, 3]) {
            it(`leave nothing of it behind, ${count} of them`, async () => {
                for (let round = 0; round < rounds; round += 1) {
                    const layerName = uniqueName("shared");
                    await destroyAtOnce(await share(layerName, count));
                    assert.deepEqual(await versions(layerName), [], `round ${round}`);
                    assert.deepEqual(await kept(layerName), [], `round ${round}`);
                }
            });
        }

        it("leave it to the one that stays, who is the last to go", async () => {
            for (let round = 0; round < rounds; round += 1) {
                const layerName = uniqueName("stays");
                const stacks = await share(layerName, 3);
                const [stays] = stacks.splice(Math.floor(random() * 3), 1);
                assert.ok(stays !== undefined);
                await destroyAtOnce(stacks);
                assert.deepEqual(await versions(layerName), [1], `round ${round}`);
                await must(() => stays.destroy());
                assert.deepEqual(await versions(layerName), [], `round ${round}`);
                assert.deepEqual(await kept(layerName), [], `round ${round}`);
            }
        });
    });
}
