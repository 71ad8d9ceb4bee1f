import assert from "node:assert/strict";
import { join } from "node:path";
import { environment } from "../../scripts/emulator";
import { type NodeVersion, nodeFolder } from "../../scripts/nodeBinaries";
import { createPulumiProject, type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { bucketName, type EmulatedAws, region } from "../engine/emulatedAws";
import { resourceCounts } from "../engine/layerProject";
import { lock } from "../engine/locks";
import { uvPath } from "../tools";
import { type Installer, installedVersion } from "./installers";
import type { ProgramStyle } from "./programs";

/** One way of using the package. */
export interface Installation {
    /** Project and, with that, layer name: unique among those that run at once. */
    readonly name: string;
    readonly installer: Installer;
    readonly style: ProgramStyle;
    readonly node: NodeVersion;
    /** Version of `@pulumi/pulumi`. */
    readonly pulumi: string;
}

/** What was tried and came out right; times in ms. */
export interface Row {
    readonly install: string;
    readonly program: string;
    readonly node: string;
    readonly pulumi: string;
    readonly steps: readonly { readonly name: string; readonly durationMs: number }[];
}

/** A project with nothing installed, whose commands run with a Node of its own and reach the emulator. */
export async function bareProject(
    { name, installer, style, node }: Installation,
    aws: EmulatedAws,
): Promise<PulumiProject> {
    const inFolder = (files: Readonly<Record<string, string | Buffer>>) =>
        Object.fromEntries(
            Object.entries(files).map(([path, content]) => [
                join(installer.programFolder ?? ".", path),
                content,
            ]),
        );
    return createPulumiProject({
        name: installer.programFolder === undefined ? name : `${name}-root`,
        modules: "none",
        path: [await nodeFolder(node), join(uvPath(), "..")],
        environment: {
            ...environment(),
            AWS_REGION: region,
            AWS_ENDPOINT_URL: aws.emulator.endpoint,
            BUCKET: bucketName,
        },
        files: inFolder({
            "Pulumi.yaml": `name: ${name}\nruntime: ${style.runtime}\n`,
            "Pulumi.dev.yaml": JSON.stringify({ config: { [`${name}:bucket`]: bucketName } }),
            "package.json": `${JSON.stringify({ name, version: "1.0.0", private: true, ...style.manifest })}\n`,
            "uv.lock": (await lock()).uvLock,
            ...style.files,
        }),
    });
}

/** Installs the tarball as users do, then: `up`, a preview that finds nothing to do, `destroy`. */
export async function tryInstallation(
    installation: Installation,
    tarball: string,
    aws: EmulatedAws,
): Promise<Row> {
    const { name, installer, style, pulumi } = installation;
    const project = await bareProject(installation, aws);
    try {
        const installed = await timed(() =>
            installer.install(project.folder, {
                tarball,
                packages: [`@pulumi/pulumi@${pulumi}`, ...style.packages],
                environment: project.environment,
            }),
        );
        const cwd = join(project.folder, installer.programFolder ?? ".");
        const options = { cwd, env: { ...project.environment, ...style.environment } };
        assert.equal(await installedVersion("@pulumi/pulumi", cwd), pulumi);
        if (installer.programFolder !== undefined) {
            succeeded(await project.run(["stack", "init", project.stack], { cwd }));
        }

        const up = succeeded(await project.up([], options));
        assert.deepEqual(resourceCounts(up), ["2 created"]);
        assert.match(up.stdout, /arn +: "arn:aws:lambda:/);
        assert.deepEqual(await aws.versions(`${name}-dev-deps`), [1]);
        // The first run has compiled the program with its types.
        const compiled = { cwd, env: { ...options.env, PULUMI_NODEJS_TRANSPILE_ONLY: "true" } };
        const preview = succeeded(await project.preview(["--expect-no-changes"], compiled));
        assert.deepEqual(resourceCounts(preview), ["2 unchanged"]);
        const destroy = succeeded(await project.destroy([], options));
        assert.deepEqual(resourceCounts(destroy), ["2 deleted"]);
        assert.deepEqual(await aws.versions(`${name}-dev-deps`), []);
        return rowOf(installation, [
            { name: "install", durationMs: installed },
            { name: "up", durationMs: up.durationMs },
            { name: "preview", durationMs: preview.durationMs },
            { name: "destroy", durationMs: destroy.durationMs },
        ]);
    } finally {
        await project.remove();
    }
}

export const rowOf = (
    { installer, style, node, pulumi }: Installation,
    steps: Row["steps"],
    program = style.title,
): Row => ({ install: installer.title, program, node, pulumi, steps });

/** How long something takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
    const started = performance.now();
    await work();
    return Math.round(performance.now() - started);
}

/** As Markdown, without the times: the same after every run. */
export const table = (rows: readonly Row[]): string =>
    [
        "| installed with | program | Node | `@pulumi/pulumi` | done |",
        "|---|---|---|---|---|",
        ...rows.map(
            ({ install, program, node, pulumi, steps }) =>
                `| ${install} | ${program} | ${node} | ${pulumi} | ${steps.map(({ name }) => name).join(", ")} |`,
        ),
        "",
    ].join("\n");

/** A line for a terminal, with the times. */
export const summary = ({ install, program, node, pulumi, steps }: Row): string =>
    [
        install.padEnd(32),
        program.padEnd(34),
        node.padEnd(8),
        pulumi.padEnd(8),
        ...steps.map(({ name, durationMs }) => `${name} ${(durationMs / 1000).toFixed(1)} s`),
    ].join("  ");
