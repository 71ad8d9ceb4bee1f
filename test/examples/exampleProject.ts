import { chmod, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { repository } from "../../scripts/cacheFolder";
import { mustRun } from "../../scripts/command";
import { environment } from "../../scripts/emulator";
import { packageTarball } from "../../scripts/packageTarball";
import { createPulumiProject, type PulumiProject } from "../../scripts/pulumiProject";
import { type EmulatedAws, region } from "../engine/emulatedAws";
import { loaderOf } from "../loader";
import { uvPath } from "../tools";

/** What a run of an example differs in. */
export interface ExampleOptions {
    readonly name: string;
    /** The folder to copy; default the example of that name. */
    readonly template?: string;
    readonly config?: Readonly<Record<string, string>>;
    /** Replacements in `pyproject.toml`: the index of a test is not that of a reader. */
    readonly replaced?: readonly (readonly [string, string])[];
    /** What `uv lock` needs beside the project's own environment. */
    readonly lockEnvironment?: Readonly<Record<string, string>>;
}

/**
 * A clean copy of an example with its lock made, the packed package installed, and the AWS of the stand-in plugin: with
 * nothing in the program that says so.
 */
export async function createExample(aws: EmulatedAws, options: ExampleOptions): Promise<PulumiProject> {
    const { name, config = {}, replaced = [], lockEnvironment = {} } = options;
    const project = await createPulumiProject({
        template: options.template ?? join(repository, "examples", name),
        name,
        tarball: await packageTarball(() => undefined),
        path: [dirname(uvPath())],
        environment: {
            ...environment(),
            AWS_REGION: region,
            AWS_ENDPOINT_URL: aws.emulator.endpoint,
        },
        config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`${name}:${key}`, value])),
    });
    try {
        const pyproject = join(project.folder, "pyproject.toml");
        let text = await readFile(pyproject, "utf8");
        for (const [from, to] of replaced) {
            text = text.replace(from, to);
        }
        await writeFile(pyproject, text);
        await mustRun(uvPath(), ["lock", "--quiet"], {
            cwd: project.folder,
            env: { ...project.environment, ...lockEnvironment },
        });
        return project;
    } catch (error) {
        await project.remove();
        throw error;
    }
}

/** The project's environment with the stand-in for pulumi-aws on PATH, where the engine looks for a plugin first. */
export async function withAwsPlugin(project: PulumiProject): Promise<Record<string, string>> {
    const script = join(project.temporaryFolder, "pulumi-resource-aws");
    const plugin = require.resolve("./awsPlugin");
    await writeFile(
        script,
        `#!/bin/sh
export TS_NODE_PROJECT='${join(repository, "tsconfig.json")}'
exec node ${loaderOf(plugin).join(" ")} '${plugin}' "$@"
`,
    );
    await chmod(script, 0o755);
    return {
        ...project.environment,
        PATH: [project.temporaryFolder, project.environment["PATH"] ?? ""].join(delimiter),
    };
}
