import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "./cacheFolder";
import { mustRun } from "./command";
import { bucket, type DemoAws, openDemoAws } from "./demoAws";
import { type Emulator, environment, startMinistack } from "./emulator";
import { isolateProcess } from "./isolation";
import { packageTarball } from "./packageTarball";
import { findPulumiCli } from "./pulumiCli";
import { createPulumiProject, type PulumiProject, succeeded } from "./pulumiProject";
import { type PythonTools, pythonTools } from "./pythonTools";
import { atShutdown } from "./shutdown";

/** The change that the demo makes: a patch release of one dependency. */
const bump = { name: "pydantic", from: "2.11.7", to: "2.11.9" };

/**
 * `npm run demo`: the main job, told step by step, with the real Pulumi CLI on an AWS that runs on this machine.
 *
 * `--keep` leaves the stack and the AWS running until Ctrl-C, for a look around.
 */
async function main(): Promise<void> {
    const started = performance.now();
    const tools = await pythonTools();
    const cli = await findPulumiCli();
    const tarball = await packageTarball();
    // Whatever the user's tools are set up for, the demo shows the same.
    isolateProcess();

    const emulator = await startMinistack(tools.ministack);
    say(`An AWS for the demo runs at ${emulator.endpoint}, in memory. Nothing reaches a real account.`);
    const aws = await openDemoAws(emulator, tools);
    await aws.createBucket();
    const project = await createPulumiProject({
        template: join(repository, "examples", "quickstart"),
        name: "quickstart",
        modules: "none",
        pulumi: cli.folder,
        path: [join(tools.uv, "..")],
        environment: environment(),
        config: {
            "quickstart:bucket": bucket,
            // The emulator runs functions in its own interpreter, so the layer is built for that one.
            "quickstart:pythonVersion": tools.pythonVersion,
            ...awsSettings(emulator),
        },
    });
    try {
        await tell(project, aws, tools, tarball);
        say(`Done in ${Math.round((performance.now() - started) / 1000)} s.`);
    } finally {
        await project.remove().finally(() => emulator.stop());
    }
}

async function tell(
    project: PulumiProject,
    aws: DemoAws,
    tools: PythonTools,
    tarball: string,
): Promise<void> {
    step("Install the package, as any user would, in a copy of examples/quickstart");
    command("npm install pulumi-lambda-layer");
    const npm = ["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline", tarball];
    await mustRun("npm", npm, { cwd: project.folder, timeoutMs: 300_000 });
    show(await readFile(join(project.folder, "index.ts"), "utf8"));

    step("Lock the Python dependencies that pyproject.toml asks for");
    command("uv lock");
    await lock(project, tools);

    step("Publish the layer: build, package, upload, publish, in one `pulumi up`");
    command("pulumi up");
    show(succeeded(await project.up()).stdout);
    await invoke(project, aws);

    step("Ask again: the manifest has not changed, so nothing is built, and nothing is asked of AWS");
    command("pulumi preview");
    show(succeeded(await project.preview(["--expect-no-changes"])).stdout);

    step(`Move ${bump.name} from ${bump.from} to ${bump.to}, and lock again`);
    const pyproject = join(project.folder, "pyproject.toml");
    const text = await readFile(pyproject, "utf8");
    const bumped = text.replace(`${bump.name}==${bump.from}`, `${bump.name}==${bump.to}`);
    if (bumped === text) {
        throw new Error(`examples/quickstart/pyproject.toml does not ask for ${bump.name} ${bump.from}.`);
    }
    await writeFile(pyproject, bumped);
    command("uv lock");
    await lock(project, tools);

    step("Preview: Pulumi names the packages that change, from the lock alone");
    command("pulumi preview --diff");
    show(succeeded(await project.preview(["--diff"])).stdout);

    step("Publish the second version; the first one stays for whoever still uses it");
    command("pulumi up");
    show(succeeded(await project.up()).stdout);
    await invoke(project, aws);
    say(`Versions of the layer now: ${(await aws.layerVersions(await layerArn(project))).join(", ")}.`);

    if (process.argv.includes("--keep")) {
        await lookAround(project, aws);
    }

    step("Clean up");
    command("pulumi destroy");
    show(succeeded(await project.destroy()).stdout);
    await aws.deleteFunction();
}

/** A function with the layer answers with what it imported from it. */
async function invoke(project: PulumiProject, aws: DemoAws): Promise<void> {
    const arn = await layerArn(project);
    const answer = await aws.invokeWith(arn);
    say(`A Lambda function with ${arn} answers:`);
    show(JSON.stringify(answer));
}

async function layerArn(project: PulumiProject): Promise<string> {
    const { layerVersionArn } = await project.outputs();
    if (typeof layerVersionArn !== "string") {
        throw new Error("The stack has no output layerVersionArn.");
    }
    return layerVersionArn;
}

async function lock(project: PulumiProject, tools: PythonTools): Promise<void> {
    const { stderr } = await mustRun(tools.uv, ["lock", "--quiet"], { cwd: project.folder });
    show(stderr);
    const packages = (await readFile(join(project.folder, "uv.lock"), "utf8")).match(/^\[\[package\]\]$/gm);
    say(`uv.lock has ${packages?.length ?? 0} packages.`);
}

/** Waits for Ctrl-C, having said how to use what is running. */
async function lookAround(project: PulumiProject, aws: DemoAws): Promise<void> {
    step("Have a look around (--keep)");
    const settings = Object.entries(project.environment)
        .filter(([name]) => name.startsWith("PULUMI_") || name === "PATH")
        .map(([name, value]) => `export ${name}='${value}'`);
    show([`cd ${project.folder}`, ...settings, "pulumi stack --show-urns"].join("\n"));
    say(`S3 and Lambda answer at ${aws.endpoint}. Press Ctrl-C to stop everything and remove it.`);
    const alive = setInterval(() => undefined, 60_000);
    await new Promise<void>((resolve) => {
        atShutdown(() => {
            clearInterval(alive);
            resolve();
        });
    });
}

function awsSettings({ endpoint }: Emulator): Record<string, string> {
    return {
        "aws:region": "eu-central-1",
        "aws:accessKey": "test",
        "aws:secretKey": "test",
        "aws:s3UsePathStyle": "true",
        "aws:endpoints": JSON.stringify([{ lambda: endpoint, s3: endpoint, sts: endpoint }]),
    };
}

let steps = 0;

function step(text: string): void {
    steps += 1;
    console.log(`\n${steps}. ${text}`);
}

const say = (text: string): void => console.log(text);

const command = (text: string): void => console.log(`   $ ${text}`);

/** What a program printed, set apart, without the lines by which Pulumi only shows that it is alive. */
function show(text: string): void {
    const lines = text
        .split("\n")
        .filter(
            (line) =>
                line.trim() !== "" && !/^@ |^The resources in the stack|^If you want to remove/.test(line),
        );
    for (const line of lines) {
        console.log(`   | ${line.trimEnd()}`);
    }
}

main().catch((error: unknown) => {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
});
