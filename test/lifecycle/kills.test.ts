import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { GetLayerVersionPolicyCommand, ListLayerVersionsCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { configure } from "../../provider/awsAccess";
import { provider } from "../../provider/provider";
import { type Emulator, startMinistack, startMoto } from "../../scripts/emulator";
import { type ProxiedRequest, startFaultProxy } from "../faultProxy";
import { awsSettings, clientsAt, createBucket, settingsFor, uniqueName } from "../unit/emulatedAws";
import { startPlugin } from "./pluginProcess";
import { quietly } from "./quiet";
import { createStack, type Declared, type SimulatedStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

/** So that a dead publisher is found out about within a test. */
const limits = { lease: 900 };

/** A run that is killed: what comes before it, and what it does. */
interface Scenario {
    readonly title: string;
    readonly before: readonly Declared["args"][];
    /** The run that is killed and then repeated; `undefined` is a destroy. */
    readonly run: Declared["args"] | undefined;
}

const titles = [
    "create",
    "create again what there is",
    "update",
    "replace",
    "revert",
    "destroy",
    "destroy everything",
];

/** For the second emulator: what publishes, records, permits and deletes. */
const shorter = ["create", "replace"];

for (const [name, start] of [
    ["ministack", startMinistack],
    ["moto", startMoto],
] as const) {
    describe(`a plugin that is killed (${name})`, function () {
        this.timeout(300_000);
        let emulator: Emulator;
        let project: TinyProject;
        const table: string[] = [];
        const startedIn = process.cwd();

        before(async () => {
            emulator = await start();
            project = await createTinyProject(3);
            process.chdir(project.folder);
        });
        after(async () => {
            process.chdir(startedIn);
            await project.remove();
            await emulator.stop();
            console.log(table.map((line) => `      ${line}`).join("\n"));
        });

        const scenarios = (): Scenario[] => {
            const account = { permissions: ["111111111111"] };
            return [
                { title: "create", before: [], run: project.python(0, account) },
                {
                    title: "create again what there is",
                    before: [project.python(0)],
                    run: project.python(0, { reuse: true }),
                },
                {
                    title: "update",
                    before: [project.python(0), project.python(1, account)],
                    run: project.python(1, { permissions: ["*"], keepVersions: 0 }),
                },
                {
                    title: "replace",
                    before: [project.python(0)],
                    run: project.python(1, { ...account, keepVersions: 0 }),
                },
                {
                    title: "revert",
                    before: [project.python(0), project.python(1, account)],
                    run: project.python(0, account),
                },
                { title: "destroy", before: [project.python(0), project.python(1)], run: undefined },
                {
                    title: "destroy everything",
                    before: [project.python(0), project.python(1, { forceDestroy: true })],
                    run: undefined,
                },
            ];
        };

        for (const title of name === "moto" ? shorter : titles) {
            it(`at every step of ${title} leaves nothing that the next run does not finish`, async () => {
                const scenario = scenarios().find((each) => each.title === title);
                assert.ok(scenario !== undefined);
                const whole = await play(scenario, () => false);
                const mutations = whole.requests.filter(isMutation).length;
                assert.ok(mutations > 0);
                for (let mutation = 1; mutation <= mutations; mutation += 1) {
                    // Before a request is after the one before it, as far as AWS can tell.
                    for (const when of mutation === 1
                        ? (["before", "after"] as const)
                        : (["after"] as const)) {
                        let seen = 0;
                        const killed = await play(
                            scenario,
                            (request) => {
                                seen += isMutation(request) ? 1 : 0;
                                return isMutation(request) && seen === mutation;
                            },
                            when,
                        );
                        const what = describeRequest(killed.requests.filter(isMutation)[mutation - 1]);
                        assert.deepEqual(killed.world, whole.world, `killed ${when} ${what}`);
                        table.push(
                            `${title}: killed ${when} ${what}: as if it had not been, versions ${killed.versions}`,
                        );
                    }
                }
            });
        }

        async function play(
            scenario: Scenario,
            isKill: (request: ProxiedRequest) => boolean,
            when: "before" | "after" = "before",
        ) {
            const clients = await clientsAt(emulator.endpoint);
            const bucket = (await createBucket(clients)).name;
            const layerName = uniqueName("killed");
            const declared = (args: Declared["args"]): Declared => ({
                name: "deps",
                type: "PythonLayer",
                args: { ...args, layerName, bucket },
            });
            const stack = createStack("killed", "dev");
            const mustSucceed = async (work: () => ReturnType<SimulatedStack["up"]>) => {
                const { error } = await quietly(work);
                assert.equal(error?.message, undefined);
            };
            configure(settingsFor(emulator.endpoint), limits);
            for (const args of scenario.before) {
                await mustSucceed(() => stack.up([declared(args)]));
            }
            if (scenario.title === "create again what there is") {
                // The state is lost; the version is not.
                stack.resources.clear();
            }
            const run = () =>
                scenario.run === undefined ? stack.destroy() : stack.up([declared(scenario.run)]);
            let pid: number | undefined;
            const proxy = await startFaultProxy(emulator.endpoint, (request) =>
                isKill(request)
                    ? { kind: "act", when, act: () => pid !== undefined && process.kill(pid, "SIGKILL") }
                    : undefined,
            );
            const plugin = await startPlugin(project.folder, awsSettings(proxy.endpoint), limits);
            pid = plugin.child.pid;
            try {
                stack.useHooks(plugin.hooks);
                await run();
            } finally {
                stack.useHooks(provider);
                await plugin.end();
                await proxy.stop();
            }
            await mustSucceed(run);
            return {
                requests: proxy.seen.map(({ request }) => request),
                ...(await world(emulator.endpoint, bucket, layerName, stack)),
            };
        }
    });
}

const isMutation = ({ method, service }: ProxiedRequest): boolean =>
    service !== "sts" && ["PUT", "POST", "DELETE"].includes(method);

const describeRequest = (request: ProxiedRequest | undefined): string =>
    request === undefined
        ? "nothing"
        : `${request.method} ${request.path
              .replace(/^\/2018-10-31\/layers\/[^/]+/, "layer")
              .replace(/^\/artifacts-[^/]+\/lambda\/[^/]+\//, "")
              .replace(/\?.*$/, "")
              .replace(/[0-9a-f]{32,}/g, "…")}`;

/** Everything there is afterwards, with what differs from one run to another left out. */
async function world(endpoint: string, bucket: string, layerName: string, stack: SimulatedStack) {
    const { lambda, s3 } = await clientsAt(endpoint);
    const { LayerVersions = [] } = await lambda.send(new ListLayerVersionsCommand({ LayerName: layerName }));
    const versions = LayerVersions.map(({ Version }) => Version ?? 0).sort();
    const policies = await Promise.all(
        versions.map((VersionNumber) =>
            lambda.send(new GetLayerVersionPolicyCommand({ LayerName: layerName, VersionNumber })).then(
                ({ Policy }) => [...(Policy ?? "").matchAll(/"Sid": ?"([^"]+)"/g)].map(([, sid]) => sid),
                () => [],
            ),
        ),
    );
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const objects: Record<string, string> = {};
    for (const { Key = "" } of Contents) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        const body = anonymous((await Body?.transformToString("latin1")) ?? "", layerName, bucket);
        // The key of a publication is a digest over the layer's name, which is another one in each run.
        const key = anonymous(Key, layerName, bucket).replace(
            /publications\/.*/,
            `publications/${body.trim()}`,
        );
        objects[key] = body.startsWith("PK")
            ? createHash("sha256").update(body).digest("hex")
            : withoutSizes(body);
    }
    const state = [...stack.resources.values()].map(({ id, outputs, unfinished }) => ({
        id: anonymous(id, layerName, bucket),
        outputs: JSON.parse(anonymous(JSON.stringify(outputs), layerName, bucket)) as unknown,
        unfinished,
    }));
    return {
        versions: `[${versions.join(", ")}]`,
        world: { versions, policies, objects, state, pendingDeletes: stack.pendingDeletes.length },
    };
}

const anonymous = (text: string, layerName: string, bucket: string): string =>
    text
        .replaceAll(layerName, "<layer>")
        .replaceAll(bucket, "<bucket>")
        .replace(/"versionKey":( ?)"[0-9a-f]{64}"/g, '"versionKey":"<key>"')
        .replace(/\d{4}-\d\d-\d\dT[0-9:.]+(?:\+0000|Z)/g, "<time>");

/** The sizes of the packages are known to the run that packed them: one that found the artifact in S3 leaves them out. */
function withoutSizes(body: string): string {
    if (!body.startsWith("{")) {
        return body;
    }
    const { packages: _, ...others } = JSON.parse(body) as Record<string, unknown>;
    return JSON.stringify(others);
}
