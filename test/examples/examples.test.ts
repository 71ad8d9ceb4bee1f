import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { repository } from "../../scripts/cacheFolder";
import { mustRun } from "../../scripts/command";
import { startMinistack } from "../../scripts/emulator";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { bucketName, type EmulatedAws, openEmulatedAws, region } from "../engine/emulatedAws";
import { startIndex } from "../unit/build/packageIndex";
import { sampleWheel } from "../unit/build/sampleFiles";
import { createExample, type ExampleOptions, withAwsPlugin } from "./exampleProject";
import { assertExpected, maskVersions, readable } from "./expectedOutput";

interface Example extends ExampleOptions {
    /** Done in the copy before the first `up`. */
    readonly prepare?: (project: PulumiProject) => Promise<void>;
    /** What a user would look at after `up`: a command and what it prints. */
    readonly look?: (project: PulumiProject) => Promise<string>;
}

const examplesFolder = join(repository, "examples");
const reader = { username: "reader", password: "pa55" };

const exampleNames = async (): Promise<string[]> =>
    (await readdir(examplesFolder, { withFileTypes: true }))
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);

describe("an example", function () {
    this.timeout(300_000);
    let started: EmulatedAws | undefined;
    const tried: string[] = [];
    before(async () => {
        started = await openEmulatedAws(await startMinistack());
    });
    after(() => started?.emulator.stop());

    it("quickstart: a manifest and a bucket", () =>
        runs({ name: "quickstart", config: { bucket: bucketName } }));

    it("function: a bucket, a role and a function of @pulumi/aws, which imports what is in the layer", async () => {
        const pythonVersion = aws().emulator.pythonVersion;
        await runs({ name: "function", config: { pythonVersion }, look: invoke });
    });

    it("many-targets: a loop over Python versions, architectures and regions", () =>
        runs({ name: "many-targets", config: { bucket: bucketName } }));

    it("accounts: a LambdaLayerProvider for each account", () =>
        runs({
            name: "accounts",
            config: {
                targets: JSON.stringify([
                    {
                        name: "staging",
                        region: "eu-central-1",
                        roleArn: "arn:aws:iam::111111111111:role/deploy",
                    },
                    {
                        name: "production",
                        region: "us-east-1",
                        roleArn: "arn:aws:iam::222222222222:role/deploy",
                    },
                ]),
            },
        }));

    it("private-index: a password that is a secret of the stack", async () => {
        const wheel = sampleWheel("greeting", "1.0");
        const index = await startIndex(new Map([["greeting-1.0-py3-none-any.whl", wheel]]), reader);
        const indexUrl = `${index.origin}/simple`;
        try {
            await runs({
                name: "private-index",
                config: { bucket: bucketName, indexUrl },
                replaced: [["https://index.example/simple", indexUrl]],
                lockEnvironment: {
                    UV_INDEX_INTERNAL_USERNAME: reader.username,
                    UV_INDEX_INTERNAL_PASSWORD: reader.password,
                },
                prepare: (project) =>
                    project.setConfig("private-index:indexPassword", reader.password, { secret: true }),
                look: async (project) => {
                    const state = await readFile(
                        join(project.folder, "..", "state", ".pulumi", "stacks", "private-index", "dev.json"),
                        "utf8",
                    );
                    assert.ok(!state.includes(reader.password), "the password is in the state, in clear");
                    return "";
                },
            });
        } finally {
            await index.close();
        }
    });

    it("archive: a zip that was built before", () =>
        runs({
            name: "archive",
            prepare: async (project) => {
                const { scripts } = JSON.parse(await readFile(join(project.folder, "package.json"), "utf8"));
                const [name, ...args] = String(scripts.layer).split(" ");
                assert.equal(name, "pulumi-lambda-layer");
                const main = join(
                    project.folder,
                    "node_modules",
                    "pulumi-lambda-layer",
                    "lib",
                    "commandLine",
                    "main.js",
                );
                await mustRun("node", [main, ...args], { cwd: project.folder, env: project.environment });
            },
        }));

    it("is run for each folder", async () => {
        assert.deepEqual(tried.sort(), (await exampleNames()).sort());
    });

    it("imports nothing that its package.json does not ask for", async () => {
        for (const name of await exampleNames()) {
            const folder = join(examplesFolder, name);
            const { dependencies, main } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
            const program = await readFile(join(folder, main), "utf8");
            const imported = [...program.matchAll(/(?:from |= require\()"(@[^/"]+\/[^/"]+|[^/"]+)/g)];
            assert.deepEqual(
                [...new Set(imported.map(([, name]) => name))].filter(
                    (name) => !(String(name) in dependencies),
                ),
                [],
                name,
            );
        }
    });

    function aws(): EmulatedAws {
        if (started === undefined) {
            throw new Error("ministack has not been started.");
        }
        return started;
    }

    /** `up`, a preview that finds nothing to do, `destroy`; what is printed is the example's `expected.txt`. */
    async function runs({ prepare, look, ...options }: Example): Promise<void> {
        tried.push(options.name);
        await aws().emulator.reset();
        const { emulator } = aws();
        started = await openEmulatedAws(emulator);
        const project = await createExample(aws(), options);
        try {
            await prepare?.(project);
            const env = await withAwsPlugin(project);
            // The first run has compiled the program with its types.
            const compiled = { ...env, PULUMI_NODEJS_TRANSPILE_ONLY: "true" };
            const up = succeeded(await project.up([], { env }));
            const looked = (await look?.(project)) ?? "";
            const preview = succeeded(await project.preview(["--expect-no-changes"], { env: compiled }));
            assert.match(preview.stdout, /\d+ unchanged/);
            const destroy = succeeded(await project.destroy([], { env }));
            assert.deepEqual(await aws().layerNames(), []);

            const pyproject = await readFile(join(project.folder, "pyproject.toml"), "utf8");
            const pinned = [...pyproject.matchAll(/([a-z0-9_-]+)==/g)].map(([, name]) => name ?? "");
            const text = [
                `$ pulumi up\n${maskVersions(readable(up.stdout), pinned)}`,
                ...(looked === "" ? [] : [looked]),
                `$ pulumi destroy\n${readable(destroy.stdout).replace(/^Outputs:\n[\s\S]*?(?=^Resources:)/m, "")}`,
            ].join("\n");
            await assertExpected(join(examplesFolder, options.name, "expected.txt"), text);
        } finally {
            await project.remove();
        }
    }

    async function invoke(project: PulumiProject): Promise<string> {
        const { functionName } = await project.outputs();
        const client = new LambdaClient({
            endpoint: aws().emulator.endpoint,
            region,
            credentials: { accessKeyId: "test", secretAccessKey: "test" },
        });
        const { Payload, FunctionError } = await client.send(
            new InvokeCommand({ FunctionName: String(functionName), Payload: "{}" }),
        );
        const answer = Buffer.from(Payload ?? []).toString("utf8");
        assert.equal(FunctionError, undefined, answer);
        return `$ aws lambda invoke --function-name ${functionName} answer.json; cat answer.json\n${answer}\n`;
    }
});
