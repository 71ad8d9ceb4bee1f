import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { type Fault, type FaultProxy, type ProxiedRequest, startFaultProxy } from "../faultProxy";
import { bucketName, onBothEmulators, region } from "./emulatedAws";
import { resourceCounts, stateOf } from "./layerProject";
import { lock } from "./locks";
import { pluginConfig, pluginLayer, pluginProgram, pluginProjects } from "./pluginProject";

onBothEmulators("an operation of the native plugin", (aws) => {
    const newProject = pluginProjects(aws);
    let proxy: FaultProxy;
    let choose: (request: ProxiedRequest) => Fault | undefined = () => undefined;
    before(async () => {
        proxy = await startFaultProxy(aws().emulator.endpoint, (request) => choose(request));
    });
    afterEach(() => {
        choose = () => undefined;
    });
    after(() => proxy.stop());

    /** A project whose requests go through the proxy. */
    const behindProxy = async (name: string, ...statements: readonly string[]) =>
        newProject({
            name,
            files: { "index.js": pluginProgram(...statements), "uv.lock": (await lock()).uvLock },
            config: pluginConfig(proxy.endpoint),
        });

    for (const [moment, isMoment] of [
        [
            "an upload",
            ({ service, method, path }) => service === "s3" && method === "PUT" && path.includes(".zip"),
        ],
        ["PublishLayerVersion", ({ publishes }) => publishes],
    ] as const satisfies readonly (readonly [string, (request: ProxiedRequest) => boolean])[]) {
        it(`ends at Ctrl-C during ${moment}, leaves nothing pending, and the next up goes on`, async () => {
            const project = await behindProxy("interrupted", pluginLayer());
            let reached: () => void = () => undefined;
            const isReached = new Promise<void>((resolve) => {
                reached = resolve;
            });
            choose = (request) => {
                if (!isMoment(request)) return undefined;
                reached();
                return { kind: "silence", when: "before" };
            };
            const output = await interrupted(project, isReached);
            assert.match(output, /ABORTED/);
            const { resources, pendingOperations } = await project.export();
            assert.deepEqual(pendingOperations, []);
            assert.ok(!resources.some(({ urn }) => urn.endsWith("::deps")));

            choose = () => undefined;
            succeeded(await project.up());
            assert.equal((await aws().versions("interrupted-dev-deps")).length, 1);
            succeeded(await project.destroy());
        });
    }

    it("is given up after the resource's custom time-out", async () => {
        choose = ({ publishes }) => (publishes ? { kind: "silence", when: "before" } : undefined);
        const project = await behindProxy(
            "late",
            pluginLayer({}, { options: '{ customTimeouts: { create: "2s" } }' }),
        );
        const up = await project.up();
        assert.notEqual(up.exitCode, 0);
        assert.match(
            up.output,
            /ABORTED: The work took longer than the 2 seconds of the resource's customTimeouts/,
        );
        assert.deepEqual(await aws().versions("late-dev-deps"), []);
    });

    it("keeps a version whose permissions were refused, and the next up adds them", async () => {
        choose = ({ path, method }) =>
            path.includes("/policy") && method === "POST"
                ? { kind: "answer", status: 500, when: "before" }
                : undefined;
        const project = await newProject({
            name: "partial",
            files: {
                "index.js": pluginProgram(pluginLayer({ permissions: ["123456789012"] })),
                "uv.lock": (await lock()).uvLock,
            },
            config: { ...pluginConfig(proxy.endpoint), "lambda-layer:maxRetries": "0" },
        });
        const up = await project.up();
        assert.notEqual(up.exitCode, 0);
        assert.match((await stateOf(project)).id ?? "", /:partial-dev-deps:1$/);
        choose = () => undefined;
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 updated", "1 unchanged"]);
        assert.deepEqual(await aws().versions("partial-dev-deps"), [1]);
        succeeded(await project.destroy());
    });

    it("has the settings of an explicit provider, whose other region is another layer", async () => {
        const project = await newProject({
            name: "explicit",
            files: {
                "index.js": pluginProgram(
                    "class Provider extends pulumi.ProviderResource {",
                    '    constructor(name, settings) { super("lambda-layer", name, settings); }',
                    "}",
                    `const endpoint = ${JSON.stringify(aws().emulator.endpoint)};`,
                    "const other = new Provider('other', {",
                    "    region: 'eu-west-1', accessKey: 'test', secretKey: pulumi.secret('marker-secret-key'),",
                    "    endpoints: JSON.stringify([{ lambda: endpoint, s3: endpoint, sts: endpoint }]), s3UsePathStyle: true,",
                    "});",
                    pluginLayer({}, { options: "{ provider: other }" }),
                    "exports.arn = deps.arn;",
                ),
                "uv.lock": (await lock()).uvLock,
            },
        });
        const up = await project.up();
        if (up.exitCode === 0) {
            assert.match(String((await project.outputs())["arn"]), /:eu-west-1:/);
            assert.deepEqual(resourceCounts(succeeded(await project.up())), ["3 unchanged"]);
        } else {
            // An emulator may say where the bucket really is.
            assert.match(up.output, new RegExp(`REGION_MISMATCH[^]*${bucketName}[^]*${region}`));
        }
        assert.doesNotMatch(up.output, /marker-secret-key/);
        assert.doesNotMatch((await project.export()).text, /marker-secret-key/);
    });

    it("puts no password of an index into the state or the output, whether the program marks it or not", async () => {
        const project = await newProject({
            name: "secret",
            files: {
                "index.js": pluginProgram(
                    "const indexes = [{ url: 'http://127.0.0.1:9/simple', username: 'someone', password: 'marker-pa55word' }];",
                    `const args = ${JSON.stringify({ manifest: "uv.lock", bucket: bucketName, pythonVersion: "3.13" })};`,
                    'layer("PythonLayer", "deps", { ...args, indexes });',
                    'layer("PythonLayer", "marked", { ...args, indexes: pulumi.secret(indexes) });',
                ),
                "uv.lock": (await lock()).uvLock,
            },
        });
        const [preview, up] = [await project.preview(["--diff"]), await project.up()];
        succeeded(up);
        for (const text of [preview.output, up.output, (await project.export()).text]) {
            assert.doesNotMatch(text, /marker-pa55word/);
        }
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["3 unchanged"]);
        succeeded(await project.destroy());
    });
});

/** What `pulumi up` printed that was sent SIGINT at a moment, as Ctrl-C sends it. */
async function interrupted(project: PulumiProject, moment: Promise<void>): Promise<string> {
    const child = spawn(
        "pulumi",
        ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", project.stack],
        {
            cwd: project.folder,
            env: project.environment,
            stdio: ["ignore", "pipe", "pipe"],
        },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
            output += chunk.toString();
        });
    }
    const ended = once(child, "close");
    await Promise.race([moment, ended]);
    child.kill("SIGINT");
    await ended;
    return output;
}
