import assert from "node:assert/strict";
import { ListLayerVersionsCommand } from "@aws-sdk/client-lambda";
import type { Emulator } from "../../scripts/emulator";
import { emulators } from "../emulators";
import { type FaultProxy, randomFaults, startFaultProxy } from "../faultProxy";
import { clientsAt, createBucket, settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure, enter } from "./place";
import { quietly } from "./quiet";
import { createStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

/** So that a connection on which nothing comes is given up within a test. */
const timeouts = { connection: 2000, idle: 1500 };

/**
 * For a hundred layers at once: an emulator on a busy machine may take seconds to answer so many, and ten retries, at three
 * faults in ten requests, would be used up by one request in half a million. A run sends some three thousand.
 */
const crowd = {
    timeouts: { connection: 20_000, idle: 4000 },
    settings: { "aws:maxRetries": "40" },
};

for (const { label, start } of emulators) {
    describe(`faults between the product and AWS (${label})`, function () {
        this.timeout(600_000);
        let emulator: Emulator;
        let project: TinyProject;
        const proxies: FaultProxy[] = [];

        before(async () => {
            [emulator, project] = await Promise.all([start(), createTinyProject(2)]);
            enter(project.folder);
        });
        afterEach(() => Promise.all(proxies.splice(0).map((proxy) => proxy.stop())));
        after(async () => {
            await project.remove();
            await emulator.stop();
        });

        const startProxy = async (faults: Parameters<typeof startFaultProxy>[1]): Promise<FaultProxy> => {
            const proxy = await startFaultProxy(emulator.endpoint, faults);
            proxies.push(proxy);
            return proxy;
        };
        const versions = async (layerName: string) => {
            const { lambda } = await clientsAt(emulator.endpoint);
            const { LayerVersions = [] } = await lambda.send(
                new ListLayerVersionsCommand({ LayerName: layerName }),
            );
            return LayerVersions.map(({ Version }) => Version);
        };

        it("leave a hundred layers with one version each when three in ten requests go wrong", async () => {
            const { seen, endpoint } = await startProxy(randomFaults(20261122, 0.3));
            configure(settingsFor(endpoint, crowd.settings), { timeouts: crowd.timeouts });
            const bucket = (await createBucket(await clientsAt(emulator.endpoint))).name;
            const stem = uniqueName("hundred");
            const layers = Array.from({ length: 100 }, (_, position) => `${stem}-${position}`);
            const outcomes = await quietly(() =>
                Promise.all(
                    layers.map((layerName, position) => {
                        const python = position % 4 === 0;
                        const args = python
                            ? project.python(0, { layerName, bucket })
                            : project.zip(0, { layerName, bucket });
                        const type = python ? "PythonLayer" : "LayerVersion";
                        return createStack(layerName, "dev").up([{ name: "deps", type, args }]);
                    }),
                ),
            );
            assert.deepEqual(
                outcomes.flatMap(({ error }) => (error === undefined ? [] : [error.message])),
                [],
            );
            for (const layerName of layers) {
                assert.deepEqual(await versions(layerName), [1], layerName);
            }
            const failed = seen.filter(({ fault }) => fault !== undefined).length;
            console.log(`      ${failed} of ${seen.length} requests went wrong`);
            assert.ok(failed > seen.length / 5);
        });

        for (const fault of [
            { kind: "cut", when: "after" },
            { kind: "cut", when: "inside" },
            { kind: "silence", when: "after" },
            { kind: "answer", status: 500, when: "after" },
            { kind: "answer", status: 503, when: "after" },
        ] as const) {
            const what = Object.values(fault).join(" ");
            it(`publish once when ${what} follows PublishLayerVersion`, async () => {
                const bucket = (await createBucket(await clientsAt(emulator.endpoint))).name;
                let done = false;
                const proxy = await startProxy(({ publishes }) => {
                    const first = publishes && !done;
                    done ||= publishes;
                    return first ? fault : undefined;
                });
                configure(settingsFor(proxy.endpoint), { timeouts });
                const layerName = uniqueName("cut");
                const stack = createStack(layerName, "dev");
                const { error } = await quietly(() =>
                    stack.up([{ name: "deps", args: project.zip(1, { layerName, bucket }) }]),
                );
                assert.equal(error, undefined);
                assert.deepEqual(await versions(layerName), [1]);
                assert.equal(proxy.seen.filter(({ request }) => request.publishes).length, 1);
            });
        }
    });
}
