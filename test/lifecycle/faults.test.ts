import assert from "node:assert/strict";
import { ListLayerVersionsCommand } from "@aws-sdk/client-lambda";
import type { Hooks } from "../../provider/dynamic/provider";
import { type Emulator, startMinistack, startMoto } from "../../scripts/emulator";
import { type FaultProxy, randomFaults, startFaultProxy } from "../faultProxy";
import { awsSettings, clientsAt, createBucket, settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure, enter } from "./place";
import { startPlugin } from "./pluginProcess";
import { quietly } from "./quiet";
import { createStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

/** So that a connection on which nothing comes is given up within a test. */
const timeouts = { connection: 2000, idle: 1500 };

/**
 * For two hundred layers at once: an emulator on a busy machine may take seconds to answer so many, and ten retries, at three
 * faults in ten requests, would be used up by one request in half a million. A run sends some six thousand.
 */
const crowd = {
    timeouts: { connection: 20_000, idle: 4000 },
    settings: { "aws:maxRetries": "40" },
};

describe("faults between the product and AWS", function () {
    this.timeout(600_000);
    const emulators = new Map<string, Emulator>();
    let project: TinyProject;
    const proxies: FaultProxy[] = [];

    before(async () => {
        const started = await Promise.all([startMinistack(), startMoto()]);
        for (const emulator of started) {
            emulators.set(emulator.name, emulator);
        }
        project = await createTinyProject(2);
        enter(project.folder);
    });
    afterEach(() => Promise.all(proxies.splice(0).map((proxy) => proxy.stop())));
    after(async () => {
        await project.remove();
        await Promise.all([...emulators.values()].map((emulator) => emulator.stop()));
    });

    const emulatorNamed = (name: string): Emulator => {
        const emulator = emulators.get(name);
        assert.ok(emulator !== undefined);
        return emulator;
    };
    const startProxy = async (...args: Parameters<typeof startFaultProxy>): Promise<FaultProxy> => {
        const proxy = await startFaultProxy(...args);
        proxies.push(proxy);
        return proxy;
    };
    const versions = async (emulator: Emulator, layerName: string) => {
        const { lambda } = await clientsAt(emulator.endpoint);
        const { LayerVersions = [] } = await lambda.send(
            new ListLayerVersionsCommand({ LayerName: layerName }),
        );
        return LayerVersions.map(({ Version }) => Version);
    };

    /** A hundred layers at once through a proxy; answers what failed, and which layers there should be. */
    async function hundredLayers(emulator: Emulator, hooks: Hooks | undefined) {
        const bucket = (await createBucket(await clientsAt(emulator.endpoint))).name;
        const stem = uniqueName("hundred");
        const layers = Array.from({ length: 100 }, (_, position) => `${stem}-${position}`);
        const outcomes = await Promise.all(
            layers.map((layerName, position) => {
                const stack = createStack(layerName, "dev");
                if (hooks !== undefined) {
                    stack.useHooks(hooks);
                }
                const python = position % 4 === 0;
                const args = python
                    ? project.python(0, { layerName, bucket })
                    : project.zip(0, { layerName, bucket });
                return stack.up([{ name: "deps", type: python ? "PythonLayer" : "LayerVersion", args }]);
            }),
        );
        return {
            layers,
            failures: outcomes.flatMap(({ error }) => (error === undefined ? [] : [error.message])),
        };
    }

    it("leave a hundred layers with one version each when three in ten requests go wrong, on either emulator", async () => {
        const [ministack, moto] = [emulatorNamed("ministack"), emulatorNamed("moto")];
        const [first, second] = [
            await startProxy(ministack.endpoint, randomFaults(20261122, 0.3)),
            await startProxy(moto.endpoint, randomFaults(20261122, 0.3)),
        ];
        configure(settingsFor(first.endpoint, crowd.settings), { timeouts: crowd.timeouts });
        // Most of the time is spent waiting, so the second emulator's hundred wait in a process beside this one.
        const plugin = await startPlugin(project.folder, awsSettings(second.endpoint, crowd.settings), {
            timeouts: crowd.timeouts,
        });
        try {
            const outcomes = await quietly(() =>
                Promise.all([hundredLayers(ministack, undefined), hundredLayers(moto, plugin.hooks)]),
            );
            assert.deepEqual(
                outcomes.flatMap(({ failures }) => failures),
                [],
            );
            for (const [position, emulator] of [ministack, moto].entries()) {
                for (const layerName of outcomes[position]?.layers ?? []) {
                    assert.deepEqual(await versions(emulator, layerName), [1], layerName);
                }
            }
        } finally {
            await plugin.end();
        }
        for (const { seen } of [first, second]) {
            const failed = seen.filter(({ fault }) => fault !== undefined).length;
            console.log(`      ${failed} of ${seen.length} requests went wrong`);
            assert.ok(failed > seen.length / 5);
        }
    });

    for (const name of ["ministack", "moto"]) {
        for (const fault of [
            { kind: "cut", when: "after" },
            { kind: "cut", when: "inside" },
            { kind: "silence", when: "after" },
            { kind: "answer", status: 500, when: "after" },
            { kind: "answer", status: 503, when: "after" },
        ] as const) {
            const what = Object.values(fault).join(" ");
            it(`publish once when ${what} follows PublishLayerVersion (${name})`, async () => {
                const emulator = emulatorNamed(name);
                const bucket = (await createBucket(await clientsAt(emulator.endpoint))).name;
                let done = false;
                const proxy = await startProxy(emulator.endpoint, ({ publishes }) => {
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
                assert.deepEqual(await versions(emulator, layerName), [1]);
                assert.equal(proxy.seen.filter(({ request }) => request.publishes).length, 1);
            });
        }
    }
});
