import assert from "node:assert/strict";
import { once } from "node:events";
import { GetLayerVersionCommand, ListLayerVersionsCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { Clients } from "../../provider/aws/clients";
import { isProblem, parseLedger } from "../../provider/publish/ledger/format";
import { holdings } from "../../provider/publish/ledger/ledger";
import type { Emulator } from "../../scripts/emulator";
import { emulators } from "../emulators";
import { startFaultProxy } from "../faultProxy";
import { awsSettings, clientsAt, createBucket, uniqueName } from "../unit/emulatedAws";
import { type PluginProcess, startPlugin } from "./pluginProcess";
import { createStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

for (const { name, label, start } of emulators) {
    describe(`publishers of one layer at the same time (${label})`, function () {
        this.timeout(120_000);
        let emulator: Emulator;
        let project: TinyProject;
        const plugins: PluginProcess[] = [];

        before(async () => {
            emulator = await start();
            project = await createTinyProject(1);
        });
        afterEach(async () => {
            await Promise.all(plugins.splice(0).map((plugin) => plugin.end()));
        });
        after(async () => {
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
        const startOne = async (endpoint: string, lease: number) => {
            const plugin = await startPlugin(project.folder, awsSettings(endpoint), {
                lease: { stale: lease },
                secondLook: 50,
            });
            plugins.push(plugin);
            return plugin;
        };

        it("make one version of it, fifty of them in five processes", async () => {
            const clients = await clientsAt(emulator.endpoint);
            const bucket = (await createBucket(clients)).name;
            const layerName = uniqueName("fifty");
            // Nobody dies here: however slow the machine is, no lease is taken over.
            await Promise.all(Array.from({ length: 5 }, () => startOne(emulator.endpoint, 60_000)));
            const outcomes = await Promise.all(
                Array.from({ length: 50 }, async (_, position) => {
                    const stack = createStack("fifty", `stack${position}`);
                    stack.useHooks((plugins[position % plugins.length] as PluginProcess).hooks);
                    const { error } = await stack.up([
                        { name: "deps", type: "PythonLayer", args: project.python(0, { layerName, bucket }) },
                    ]);
                    return error?.message ?? [...stack.resources.values()][0]?.id;
                }),
            );
            assert.deepEqual(await versions(layerName), [1]);
            assert.equal(new Set(outcomes).size, 1, outcomes.join("\n"));
            assert.match(String(outcomes[0]), new RegExp(`:layer:${layerName}:1$`));
            const { Body } = await clients.s3.send(
                new GetObjectCommand({ Bucket: bucket, Key: await ledgerKey(clients, bucket) }),
            );
            const text = (await Body?.transformToString()) ?? "";
            const ledger = parseLedger(text, String((JSON.parse(text) as { layer: string }).layer));
            assert.ok(!isProblem(ledger), text);
            assert.equal(holdings(ledger).filter(({ holder }) => holder.use === "current").length, 50);
            assert.deepEqual([...ledger.publishing], []);
        });

        it("are one when the first is stopped in the middle of its call and comes back later", async () => {
            const clients = await clientsAt(emulator.endpoint);
            const bucket = (await createBucket(clients)).name;
            const layerName = uniqueName("sleeper");
            let goOn = () => {};
            const released = new Promise<void>((resolve) => {
                goOn = resolve;
            });
            let reached = () => {};
            const publishing = new Promise<void>((resolve) => {
                reached = resolve;
            });
            const proxy = await startFaultProxy(emulator.endpoint, ({ publishes }) =>
                publishes
                    ? {
                          kind: "hold",
                          until: () => {
                              reached();
                              return released;
                          },
                      }
                    : undefined,
            );
            try {
                const [sleeper, other] = [
                    await startOne(proxy.endpoint, 1500),
                    await startOne(emulator.endpoint, 1500),
                ];
                const bringUp = async (stackName: string, plugin: PluginProcess) => {
                    const stack = createStack("sleepers", stackName);
                    stack.useHooks(plugin.hooks);
                    const { error } = await stack.up([
                        { name: "deps", args: project.zip(0, { layerName, bucket }) },
                    ]);
                    assert.equal(error, undefined);
                    return [...stack.resources.values()][0]?.id;
                };
                const first = bringUp("first", sleeper);
                await publishing;
                sleeper.child.kill("SIGSTOP");
                const id = await bringUp("second", other);
                assert.deepEqual(await versions(layerName), [1]);
                goOn();
                // The sleeper's own call takes effect now, while it still sleeps.
                while ((await versions(layerName)).length < 2) {
                    await new Promise((resolve) => setTimeout(resolve, 20));
                }
                sleeper.child.kill("SIGCONT");
                assert.equal(await first, id);
                assert.deepEqual(await versions(layerName), [1]);
                const { CodeSha256 } =
                    (
                        await clients.lambda.send(
                            new GetLayerVersionCommand({ LayerName: layerName, VersionNumber: 1 }),
                        )
                    ).Content ?? {};
                assert.equal(CodeSha256, project.zipSha256(0));
            } finally {
                goOn();
                await proxy.stop();
            }
        });

        // The engine passes on no first Ctrl-C: it lets what has begun end. The second one ends the plugin without a word.
        const signals: readonly (readonly NodeJS.Signals[])[] =
            name === "moto" ? [["SIGTERM"]] : [["SIGTERM"], ["SIGINT"], ["SIGKILL"]];
        const stopped = async (sent: readonly NodeJS.Signals[]) => {
            const clients = await clientsAt(emulator.endpoint);
            const bucket = (await createBucket(clients)).name;
            const layerName = uniqueName("signalled");
            let plugin: PluginProcess | undefined;
            const proxy = await startFaultProxy(emulator.endpoint, ({ publishes }) =>
                publishes
                    ? {
                          kind: "act",
                          when: "after",
                          act: () => {
                              for (const each of sent) {
                                  plugin?.child.kill(each);
                              }
                          },
                      }
                    : undefined,
            );
            try {
                plugin = await startOne(proxy.endpoint, 1000);
                const ended = once(plugin.child, "exit");
                const stack = createStack("signalled", "dev");
                stack.useHooks(plugin.hooks);
                const declared = { name: "deps", args: project.zip(0, { layerName, bucket }) };
                const { error } = await stack.up([declared]);
                assert.match(error?.message ?? "", new RegExp(`ended with ${sent[0]}`));
                assert.deepEqual(await ended, [null, sent[0]]);
                stack.useHooks((await startOne(emulator.endpoint, 1000)).hooks);
                assert.equal((await stack.up([declared])).error, undefined);
                assert.deepEqual(await versions(layerName), [1]);
            } finally {
                await proxy.stop();
            }
        };
        for (const sent of signals) {
            it(`stop at ${sent.join(" and ")}, and the version that exists is found by the next`, () =>
                stopped(sent));
        }
    });
}

/** The key of the one ledger in a bucket. */
async function ledgerKey({ s3 }: Clients, bucket: string): Promise<string> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const [key, ...others] = Contents.map(({ Key = "" }) => Key).filter((each) => each.includes("/ledger-"));
    assert.ok(key !== undefined && others.length === 0, `${others.length + 1} ledgers`);
    return key;
}
