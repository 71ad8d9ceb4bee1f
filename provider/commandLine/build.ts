import { createReadStream } from "node:fs";
import path from "node:path";
import type { Call as CoreCall } from "../layer/host";
import type { Artifact } from "../package/model";
import type { Target } from "../target";
import { type Call, type Command, jsonOption, writeJson, writeLines } from "./command";
import { hostOf } from "./host";
import { type Options, UsageError } from "./options";
import { writeOutput } from "./output";
import { paintFor } from "./terminal";

export const buildCommand: Command = {
    name: "build",
    summary: "The layer's zip from a manifest, with no AWS at all",
    usage: ["<manifest> --python <version> [options]"],
    details: [
        "The manifest is a uv.lock, a poetry.lock or a requirements.txt. The zip is the one that `pulumi up` would publish for the same target: the same bytes, on every machine. Wheels are fetched once and kept in the same cache.",
        "Indexes that need credentials are read as uv and poetry read them: from the environment (UV_INDEX_<NAME>_USERNAME and _PASSWORD, POETRY_HTTP_BASIC_<NAME>_…) and from ~/.netrc.",
    ],
    options: [
        {
            name: "python",
            argument: "pythonVersion",
            value: "<version>",
            text: "Python of the target: 3.13, python3.13 or 3.13.5; required",
        },
        { name: "architecture", value: "<name>", text: "x86_64 (default) or arm64" },
        {
            name: "output",
            short: "o",
            value: "<file>",
            text: "the zip (default layer.zip); replaced if there",
        },
        { name: "package", value: "<name>", text: "the workspace member (default: the root project)" },
        { name: "extra", argument: "extras", value: "<name>", multiple: true, text: "an extra of it" },
        {
            name: "group",
            argument: "groups",
            value: "<name>",
            multiple: true,
            text: "a dependency group of it",
        },
        {
            name: "only-group",
            argument: "onlyGroups",
            value: "<name>",
            multiple: true,
            text: "a dependency group alone, without the main dependencies",
        },
        {
            name: "no-local-packages",
            argument: "localPackages",
            text: "leave out workspace and path packages",
        },
        {
            name: "exclude",
            value: "<name or glob>",
            multiple: true,
            text: "a package, or files, to leave out",
        },
        {
            name: "exclude-runtime-provided",
            argument: "excludeRuntimeProvided",
            text: "leave out what the Lambda runtime ships, such as boto3",
        },
        {
            name: "allow-source-build",
            argument: "allowSourceBuilds",
            value: "<name>",
            multiple: true,
            text: "a package that may be built from source where it has no wheel",
        },
        {
            name: "index",
            argument: "indexes",
            value: "<url>",
            multiple: true,
            text: "a package index; a variable in braces after a $ is filled in",
        },
        {
            name: "kind",
            argument: "manifestKind",
            value: "<kind>",
            text: "uv.lock, poetry.lock or requirements.txt, whatever the file's name",
        },
        {
            name: "compile-bytecode",
            argument: "compileBytecode",
            text: "add byte code: faster cold starts, a larger layer",
        },
        {
            name: "resolve-unpinned",
            argument: "resolveUnpinned",
            text: "let a requirements.txt leave versions open",
        },
        { name: "installer", value: "<name>", text: "uv (default) or container" },
        { name: "all", short: "a", text: "show every package, not only the largest" },
        jsonOption,
    ],
    examples: [
        { line: "build uv.lock --python 3.13 --architecture arm64", text: "layer.zip for Graviton" },
        {
            line: "build requirements.txt --python 3.12 --exclude boto3 --exclude '**/tests' -o deps.zip",
            text: "without boto3 and test suites",
        },
    ],
    run: runBuild,
};

async function runBuild(call: Call): Promise<void> {
    const { positionals, options, terminal } = call;
    const [manifest] = positionals;
    if (manifest === undefined || positionals.length > 1) {
        throw new UsageError(`build takes one manifest, and was given ${positionals.length}.`);
    }
    const output = options.text("output") ?? "layer.zip";
    const artifact = await makeZip(call, manifest, path.resolve(terminal.folder, output));
    const paint = paintFor(terminal.colours.error);
    for (const warning of artifact.warnings) {
        terminal.writeError(`${paint.yellow("warning:")} ${warning}\n`);
    }
    const { packages, uncompressedSize, files, size, codeSha256 } = artifact;
    const contents = {
        name: output,
        codeSize: size,
        uncompressedSize,
        files,
        codeSha256,
        packages,
        otherSize: 0,
    };
    if (options.flag("json")) {
        writeJson(terminal, contents);
        return;
    }
    const { renderContents } = await import("./contents");
    writeLines(terminal, renderContents(contents, terminal, options.flag("all")));
}

/** Makes the zip as `pulumi up` makes it, so that it has the same bytes. */
async function makeZip(call: Call, manifest: string, destination: string): Promise<Artifact> {
    const { options, terminal, signal } = call;
    const { readTarget } = await import("./targetOptions");
    const target = readTarget(options);
    if (target === undefined) {
        throw new UsageError("For which Python? Give --python, such as --python 3.13.");
    }
    const [{ describeDependencies }, { planArtifact }, { inTemporaryFolder }] = await Promise.all([
        import("../manifestInputs"),
        import("../artifactPlan"),
        import("../temporaryFolder"),
    ]);
    const given = await readArguments(options, manifest, target);
    const paint = paintFor(terminal.colours.error);
    const host = hostOf(terminal);
    const coreCall: CoreCall = {
        log: (severity, text) =>
            terminal.writeError(
                `${severity === "warning" ? `${paint.yellow("warning:")} ${text}` : paint.dim(text)}\n`,
            ),
        status: () => undefined,
        signal,
    };
    const described = await describeDependencies(host, coreCall, "PythonLayer", {}, given, target);
    const { asCheckedInputs } = await import("../inputs");
    const inputs = asCheckedInputs({ ...given, ...described });
    if (inputs.resourceType !== "PythonLayer") {
        throw new Error("a build is of a PythonLayer");
    }
    const plan = await planArtifact(host, coreCall, inputs);
    return inTemporaryFolder(host.temporaryFolder, async (temporaryFolder) => {
        const artifact = await plan.make(temporaryFolder);
        await writeOutput(destination, createReadStream(artifact.path));
        return { ...artifact, path: destination };
    });
}

/** The arguments of a `PythonLayer` that the options stand for. Throws UsageError for those that `check` refuses. */
async function readArguments(
    options: Options,
    manifest: string,
    target: Target,
): Promise<Record<string, unknown>> {
    const { findArgumentProblems } = await import("../resourceArguments");
    const lists = {
        extras: "extra",
        groups: "group",
        onlyGroups: "only-group",
        exclude: "exclude",
        allowSourceBuilds: "allow-source-build",
    };
    const given: Record<string, unknown> = {
        resourceType: "PythonLayer",
        manifest,
        // Nothing is sent anywhere: the name is for messages, bucket and region for the check of arguments alone.
        layerName: "layer",
        bucket: "no-bucket",
        prefix: "",
        owner: "",
        region: "us-east-1",
        pythonVersion: options.text("python"),
        architecture: target.architecture,
        compatibleRuntimes: [target.runtime],
        compatibleArchitectures: [target.architecture],
        // There is no version to compare with.
        changeDetection: "md5",
        localPackages: !options.flag("no-local-packages"),
        excludeRuntimeProvided: options.flag("exclude-runtime-provided"),
        compileBytecode: options.flag("compile-bytecode"),
        resolveUnpinned: options.flag("resolve-unpinned"),
        ...defined("manifestKind", options.text("kind")),
        ...defined("package", options.text("package")),
        ...defined("installer", options.text("installer")),
        ...Object.fromEntries(Object.entries(lists).map(([name, option]) => [name, options.texts(option)])),
        ...(options.texts("index").length === 0
            ? {}
            : { indexes: options.texts("index").map((url) => ({ url })) }),
    };
    const [problem] = findArgumentProblems("PythonLayer", given);
    if (problem !== undefined) {
        throw new UsageError(`${problem.reason}.`);
    }
    return given;
}

const defined = (name: string, value: string | undefined): Record<string, string> =>
    value === undefined ? {} : { [name]: value };
