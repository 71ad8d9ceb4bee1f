import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../scripts/cacheFolder";
import { mustRun } from "../../scripts/command";
import { startMinistack } from "../../scripts/emulator";
import { packageTarball } from "../../scripts/packageTarball";
import { extended } from "../../scripts/testStages";
import { type EmulatedAws, openEmulatedAws } from "../engine/emulatedAws";
import {
    bareProject,
    type Installation,
    type Row,
    rowOf,
    summary,
    table,
    timed,
    tryInstallation,
} from "./installations";
import { installers } from "./installers";
import { inLanes } from "./lanes";
import { removeInstalled } from "./npmInstall";
import { inlineAutomation, localAutomation, mockedProgram, mocksTest, styles } from "./programs";

/** What `peerDependencies` promises, the last one for Node 20, and the newest when this was written. */
const pulumi = { oldest: "3.216.0", node20: "3.248.0", newest: "3.270.0" } as const;

const { npm, pnpm, yarn1, yarn4, workspace, link } = installers;
const { typescript, typescriptEsm, javascript, esm, tsx } = styles;

/** In every run: the two ends of what is promised, and the layout of `node_modules` that differs most. */
const always: readonly Installation[] = [
    { name: "oldest", installer: npm, style: typescript, node: "20.20.2", pulumi: pulumi.oldest },
    { name: "pnpm", installer: pnpm, style: typescript, node: "22.23.3", pulumi: pulumi.newest },
];

/** Those that take long first, so that two lanes end at about the same time. */
const others: readonly Installation[] = [
    { name: "yarn-4", installer: yarn4, style: javascript, node: "22.23.3", pulumi: pulumi.newest },
    { name: "yarn-1", installer: yarn1, style: javascript, node: "22.23.3", pulumi: pulumi.newest },
    { name: "linked", installer: link, style: javascript, node: "22.23.3", pulumi: pulumi.newest },
    { name: "node-20", installer: npm, style: typescript, node: "20.20.2", pulumi: pulumi.node20 },
    { name: "node-22", installer: npm, style: typescript, node: "22.23.3", pulumi: pulumi.newest },
    { name: "node-24", installer: npm, style: typescript, node: "24.21.0", pulumi: pulumi.newest },
    { name: "esm-typescript", installer: npm, style: typescriptEsm, node: "24.21.0", pulumi: pulumi.newest },
    { name: "workspace", installer: workspace, style: typescript, node: "22.23.3", pulumi: pulumi.newest },
    { name: "javascript", installer: npm, style: javascript, node: "22.23.3", pulumi: pulumi.newest },
    { name: "esm", installer: npm, style: esm, node: "22.23.3", pulumi: pulumi.newest },
    { name: "tsx", installer: npm, style: tsx, node: "24.21.0", pulumi: pulumi.newest },
];

const scripted = { installer: npm, style: javascript, node: "22.23.3", pulumi: pulumi.newest } as const;

interface Task {
    readonly title: string;
    run(tarball: string, aws: EmulatedAws): Promise<Row>;
}

const installing = (installation: Installation): Task => ({
    title: `${installation.installer.title}, ${installation.style.title}, Node ${installation.node}, Pulumi ${installation.pulumi}: up, preview, destroy`,
    run: (tarball, on) => tryInstallation(installation, tarball, on),
});

const scripts: readonly Task[] = [
    {
        title: "the Automation API runs a program inside its script: up, preview, destroy",
        run: (tarball, on) => automate("inline", "Automation API, inline", inlineAutomation, tarball, on),
    },
    {
        title: "the Automation API runs a program of its folder: up, preview, destroy",
        run: (tarball, on) => automate("local", "Automation API, local", localAutomation, tarball, on),
    },
    { title: "a user's unit test runs on Pulumi's mocks", run: testOnMocks },
];

describe("the packed package, installed as users do", () => {
    tryAll(always.map(installing));
});

describe(`the packed package, installed in every way, ${extended}`, () => {
    const rows = tryAll([...others, ...always].map(installing).concat(scripts));

    it("is told of in docs/installs.md as it was tried", async () => {
        const tried = table(await Promise.all(rows));
        const path = join(repository, "docs", "installs.md");
        const page = await readFile(path, "utf8");
        const current = page.replace(/(<!-- tried -->\n)[\s\S]*(<!-- end -->)/, `$1${tried}$2`);
        if (process.env["UPDATE_EXPECTED"] !== undefined) {
            await writeFile(path, current);
        } else {
            assert.equal(
                page,
                current,
                "Run UPDATE_EXPECTED=1 npm run test:extended -- install, and look at the change.",
            );
        }
    });
});

/** Declares a test for each task. They run two at a time, each in a project of its own; answers what is tried. */
function tryAll(tasks: readonly Task[]): readonly Promise<Row>[] {
    let aws: EmulatedAws | undefined;
    const rows: Promise<Row>[] = [];

    before(async function () {
        this.timeout(600_000);
        const tarball = await packageTarball();
        const opened = await openEmulatedAws(await startMinistack());
        aws = opened;
        rows.push(
            ...inLanes(
                2,
                tasks.map((task) => () => task.run(tarball, opened)),
            ),
        );
    });
    after(async () => {
        await Promise.allSettled(rows);
        await Promise.all([removeInstalled(), aws?.emulator.stop()]);
    });

    for (const [index, { title }] of tasks.entries()) {
        it(title, async () => {
            const row = await rows[index];
            assert.ok(row !== undefined);
            console.log(`      ${summary(row)}`);
        });
    }
    return rows;
}

function automate(
    name: string,
    title: string,
    script: string,
    tarball: string,
    aws: EmulatedAws,
): Promise<Row> {
    const layerName = `${name}-automated-deps`;
    return runScript(
        {
            name,
            title,
            files: { "automation.js": script },
            command: ["automation.js"],
            step: "up, preview, destroy",
            verify: async (stdout) => {
                assert.deepEqual(JSON.parse(stdout), {
                    arn: `arn:aws:lambda:eu-central-1:000000000000:layer:${layerName}:1`,
                    up: { create: 2 },
                    preview: { same: 2 },
                    again: { same: 2 },
                    destroy: { delete: 2 },
                });
                assert.deepEqual(await aws.versions(layerName), []);
            },
        },
        tarball,
        aws,
    );
}

function testOnMocks(tarball: string, aws: EmulatedAws): Promise<Row> {
    return runScript(
        {
            name: "mocks",
            title: "a unit test on Pulumi's mocks",
            files: { "layer.js": mockedProgram, "layer.test.js": mocksTest },
            command: ["--test"],
            step: "unit test",
            verify: (stdout) => assert.match(stdout, /pass 1\n/),
        },
        tarball,
        aws,
    );
}

/** A script of the user's own, which no Pulumi CLI starts. */
interface Script {
    readonly name: string;
    readonly title: string;
    readonly files: Readonly<Record<string, string>>;
    /** Node's arguments. */
    readonly command: readonly string[];
    /** What running it is called in the table. */
    readonly step: string;
    verify(stdout: string): void | Promise<void>;
}

/** Installs the tarball in a project of its own and runs a script there. */
async function runScript(script: Script, tarball: string, aws: EmulatedAws): Promise<Row> {
    const installation: Installation = { ...scripted, name: script.name };
    const project = await bareProject(installation, aws);
    try {
        await project.write(script.files);
        const installed = await timed(() =>
            npm.install(project.folder, {
                tarball,
                packages: [`@pulumi/pulumi@${installation.pulumi}`],
                environment: project.environment,
            }),
        );
        const { stdout, durationMs } = await mustRun("node", script.command, {
            cwd: project.folder,
            env: project.environment,
        });
        await script.verify(stdout);
        const steps = [
            { name: "install", durationMs: installed },
            { name: script.step, durationMs },
        ];
        return rowOf(installation, steps, script.title);
    } finally {
        await project.remove();
    }
}
