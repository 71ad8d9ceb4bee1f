import assert from "node:assert/strict";
import { ListLayerVersionsCommand } from "@aws-sdk/client-lambda";
import { configure } from "../../provider/awsAccess";
import { type Emulator, startMinistack, startMoto } from "../../scripts/emulator";
import { type FaultProxy, randomFaults, startFaultProxy } from "../faultProxy";
import { clientsAt, createBucket, settingsFor, uniqueName } from "../unit/emulatedAws";
import { quietly } from "./quiet";
import { createStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

/** So that a connection on which nothing comes is given up within a test. */
const timeouts = { connection: 2000, idle: 1500 };

for (const [name, start] of [
    ["ministack", startMinistack],
    ["moto", startMoto],
] as const) {
    describe(`faults between the product and AWS (${name})`, function () {
        this.timeout(240_000);
        let emulator: Emulator;
        let project: TinyProject;
        let proxy: FaultProxy | undefined;
        const startedIn = process.cwd();

        before(async () => {
            emulator = await start();
            project = await createTinyProject(2);
            process.chdir(project.folder);
        });
        afterEach(async () => {
            await proxy?.stop();
            proxy = undefined;
        });
        after(async () => {
            process.chdir(startedIn);
            await project.remove();
            await emulator.stop();
        });

        const versions = async (layerName: string) => {
            const { lambda } = await clientsAt(emulator.endpoint);
            const { LayerVersions = [] } = await lambda.send(
                new ListLayerVersionsCommand({ LayerName: layerName }),
            );
            return LayerVersions.map(({ Version }) => Version);
        };

        it("leave a hundred layers with one version each when three in ten requests go wrong", async () => {
            const bucket = (await createBucket(await clientsAt(emulator.endpoint))).name;
            proxy = await startFaultProxy(emulator.endpoint, randomFaults(20261122, 0.3));
            configure(settingsFor(proxy.endpoint), { timeouts });
            const stem = uniqueName("hundred");
            const layers = Array.from({ length: 100 }, (_, position) => `${stem}-${position}`);
            const outcomes = await quietly(() =>
                Promise.all(
                    layers.map((layerName, position) =>
                        createStack(layerName, "dev").up([
                            position % 4 === 0
                                ? {
                                      name: "deps",
                                      type: "PythonLayer",
                                      args: project.python(0, { layerName, bucket }),
                                  }
                                : { name: "deps", args: project.zip(0, { layerName, bucket }) },
                        ]),
                    ),
                ),
            );
            assert.deepEqual(
                outcomes.flatMap(({ error }) => (error === undefined ? [] : [error.message])),
                [],
            );
            for (const layerName of layers) {
                assert.deepEqual(await versions(layerName), [1], layerName);
            }
            const failed = proxy.seen.filter(({ fault }) => fault !== undefined).length;
            console.log(`      ${failed} of ${proxy.seen.length} requests went wrong`);
            assert.ok(failed > proxy.seen.length / 5);
        });

        for (const fault of [
            { kind: "cut", when: "after" },
            { kind: "cut", when: "inside" },
            { kind: "silence", when: "after" },
            { kind: "answer", status: 500, when: "after" },
            { kind: "answer", status: 503, when: "after" },
        ] as const) {
            it(`publish once when ${Object.values(fault).join(" ")} follows PublishLayerVersion`, async () => {
                const bucket = (await createBucket(await clientsAt(emulator.endpoint))).name;
                let done = false;
                proxy = await startFaultProxy(emulator.endpoint, ({ publishes }) => {
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
