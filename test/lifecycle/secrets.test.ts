import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { defaultAccount, type StrictAws, startStrictAws } from "../strictAws";
import { addBucket } from "../strictAws/state";
import { uvPath } from "../tools";
import { type PypiServer, startPypiServer } from "../unit/build/pypiServer";
import { sampleWheel } from "../unit/build/sampleFiles";
import { awsSettings, region } from "../unit/emulatedAws";
import { type PluginProcess, startPlugin } from "./pluginProcess";
import { createStack } from "./simulatedEngine";

const markers = {
    accessKey: "AKIAMARKERACCESSKEY0",
    secretKey: "marker-secret-key",
    token: "marker-session-token",
    password: "marker-pa55word",
    variable: "marker-of-a-variable",
};
const secrets = [markers.secretKey, markers.token, markers.password, markers.variable];

describe("secrets", function () {
    this.timeout(120_000);
    let aws: StrictAws;
    let folder: string;
    let index: PypiServer;
    let plugin: PluginProcess | undefined;

    before(async () => {
        aws = await startStrictAws();
        folder = await mkdtemp(path.join(tmpdir(), "pulumi-lambda-layer-secrets-"));
        const files = { "alpha-1.0-py3-none-any.whl": sampleWheel("alpha", "1.0") };
        index = await startPypiServer(folder, files, { username: "someone", password: markers.password });
        await mkdir(path.join(folder, "program"));
        await writeFile(path.join(folder, "program", "requirements.txt"), "alpha==1.0\n");
        addBucket(aws.state, { name: "secret-artifacts", region, account: defaultAccount });
    });
    after(async () => {
        await plugin?.end();
        await index.close();
        await aws.stop();
        await rm(folder, { recursive: true, force: true });
    });

    it("are in no state, log, argument list, error, record or stored manifest", async () => {
        const program = path.join(folder, "program");
        const caches = path.join(folder, "cache");
        plugin = await startPlugin(
            program,
            awsSettings(aws.endpoint, {
                "aws:accessKey": markers.accessKey,
                "aws:secretKey": markers.secretKey,
                "aws:token": markers.token,
                "aws:maxRetries": "1",
            }),
            { lease: { stale: 500 }, secondLook: 50 },
            { XDG_CACHE_HOME: caches, TMPDIR: folder, WHAT: markers.variable, UV: uvPath() },
        );
        const pid = plugin.child.pid ?? 0;
        const commandLines = new Set<string>();
        let watching = true;
        const watch = (async () => {
            while (watching) {
                for (const line of await commandLinesBelow(pid)) {
                    commandLines.add(line);
                }
            }
        })();
        const stack = createStack("secrets", "dev");
        stack.useHooks(plugin.hooks);
        const declared = (indexes: readonly object[], more: object = {}) => ({
            name: "deps",
            type: "PythonLayer" as const,
            args: {
                manifest: "requirements.txt",
                bucket: "secret-artifacts",
                pythonVersion: "3.13",
                indexes,
                ...more,
            },
        });
        const right = { url: `${index.origin}/simple/`, username: "someone", password: markers.password };
        const errors: string[] = [];
        const told = async (work: () => ReturnType<typeof stack.up>) => {
            const { error } = await work();
            errors.push(error?.message ?? "", JSON.stringify(error ?? {}));
            return error;
        };
        const wrong = { url: right.url, username: "someone", passwordVariable: "WHAT" };
        assert.ok((await told(() => stack.up([declared([wrong])]))) !== undefined, "the password is wrong");
        assert.equal((await told(() => stack.up([declared([right])])))?.message, undefined);
        aws.state.expiredKeys.add(markers.accessKey);
        assert.ok((await told(() => stack.refresh())) !== undefined);
        assert.ok(
            (await told(() => stack.up([declared([right], { description: "another" })]))) !== undefined,
        );
        aws.state.expiredKeys.clear();
        for (const line of [
            `--index-url https://someone:${markers.password}@index.example/simple\nalpha==1.0\n`,
            `alpha @ https://someone:${markers.password}@index.example/alpha-1.0-py3-none-any.whl\n`,
        ]) {
            await writeFile(path.join(program, "requirements.txt"), line);
            const error = await told(() => stack.up([declared([right])]));
            assert.match(error?.message ?? "", /MANIFEST_CREDENTIALS/);
        }
        watching = false;
        await watch;

        const [saved] = stack.resources.values();
        assert.ok(saved !== undefined);
        // The engine encrypts what the program gave as a secret, under the same name in inputs and outputs.
        const { indexes: _, ...inputs } = saved.inputs;
        const { indexes: __, ...outputs } = saved.outputs;
        const objects = [...(aws.state.buckets.get("secret-artifacts")?.objects ?? [])].map(
            ([key, states]) => [
                key,
                ...states.map(
                    ({ body, metadata }) => `${body?.toString("latin1")} ${JSON.stringify(metadata)}`,
                ),
            ],
        );
        assert.ok(objects.length >= 4, "there is something to search");
        assert.ok(
            [...commandLines].some((line) => line.includes("uv")),
            "uv ran",
        );
        const written = {
            state: JSON.stringify([inputs, outputs]),
            output: plugin.output.join(""),
            errors: errors.join("\n"),
            objects: objects.flat().join("\n"),
            "command lines": [...commandLines].join("\n"),
            files: (await filesBelow(caches)).join("\n"),
        };
        for (const [place, text] of Object.entries(written)) {
            for (const secret of secrets) {
                assert.ok(!text.includes(secret), `${secret} is in the ${place}`);
            }
        }
        assert.deepEqual(
            (await readdir(folder)).filter((name) => name.startsWith("pulumi-lambda-layer-")),
            [],
        );
    });
});

async function commandLinesBelow(pid: number): Promise<string[]> {
    const found: string[] = [];
    const pending = [pid];
    for (let process = pending.pop(); process !== undefined; process = pending.pop()) {
        const root = `/proc/${process}`;
        const line = await readFile(`${root}/cmdline`, "latin1").catch(() => "");
        found.push(line.replaceAll("\0", " "));
        const tasks = await readdir(`${root}/task`).catch(() => []);
        for (const task of tasks) {
            const children = await readFile(`${root}/task/${task}/children`, "latin1").catch(() => "");
            pending.push(...children.split(" ").filter(Boolean).map(Number));
        }
    }
    return found;
}

async function filesBelow(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return Promise.all(
        entries
            .filter((entry) => entry.isFile())
            .map((entry) => readFile(path.join(entry.parentPath, entry.name), "latin1")),
    );
}
