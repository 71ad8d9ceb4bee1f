import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uvPath } from "../../tools";
import { callCommandLine } from "../commandLine/callCommandLine";
import type { LocalServer } from "./localServer";
import { startIndex } from "./packageIndex";
import { sampleWheel, writeProject } from "./sampleFiles";

const wheel = (version: string) => `alpha-${version}-py3-none-any.whl`;

describe("a requirements.txt, as pip reads it", function () {
    this.timeout(60_000);
    let folder: string;
    let first: LocalServer;
    let second: LocalServer;
    before(async () => {
        folder = await realpath(await mkdtemp(join(tmpdir(), "two-indexes-")));
        first = await startIndex(new Map([[wheel("1.0"), sampleWheel("alpha", "1.0")]]));
        second = await startIndex(new Map([[wheel("2.0"), sampleWheel("alpha", "2.0")]]));
    });
    after(async () => {
        await first.close();
        await second.close();
        await rm(folder, { recursive: true, force: true });
    });

    async function build(
        text: string,
        environment: NodeJS.ProcessEnv = {},
        prepare = async (_: string) => {},
    ) {
        const project = await mkdtemp(join(folder, "project-"));
        await prepare(project);
        await writeFile(join(project, "requirements.txt"), text);
        const args = ["build", "requirements.txt", "--python", "3.13", "--output", "layer.zip", "--json"];
        const { output, errors, exitCode } = await callCommandLine(args, {
            folder: project,
            environment: {
                PATH: process.env["PATH"],
                HOME: join(folder, "home"),
                UV: uvPath(),
                UV_CACHE_DIR: join(folder, "uv-cache"),
                XDG_CACHE_HOME: join(folder, "cache"),
                ...environment,
            },
        });
        return { output, errors, exitCode };
    }

    it("takes a pinned version from any of its indexes", async () => {
        const indexes = (one: LocalServer, other: LocalServer) =>
            `--index-url ${one.origin}/simple/\n--extra-index-url ${other.origin}/simple/\n`;
        for (const [one, other] of [
            [first, second],
            [second, first],
        ] as const) {
            for (const version of ["1.0", "2.0"]) {
                const { exitCode, errors } = await build(`${indexes(one, other)}alpha==${version}\n`);
                assert.equal(exitCode, 0, errors);
            }
        }
    });

    it("keeps to the first index where the user wants that", async () => {
        const text = `--index-url ${first.origin}/simple/\n--extra-index-url ${second.origin}/simple/\nalpha==1.0\n`;
        const { errors } = await build(text, { UV_INDEX_STRATEGY: "first-index" });
        assert.match(errors, /WHEEL_NOT_FOUND/);
    });

    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
    for (const line of [
        "file:///${PROJECT_ROOT}/libs/shared",
        "shared @ file:///${PROJECT_ROOT}/libs/shared",
        "-e ${PROJECT_ROOT}/libs/shared",
        "./${LIBS}/shared",
    ]) {
        it(`fills in ${line}`, async () => {
            const { exitCode, errors } = await build(
                `${line}\n`,
                { UV_NO_INDEX: "1", LIBS: "libs" },
                (project) =>
                    mkdir(join(project, "libs"), { recursive: true }).then(() =>
                        writeProject(join(project, "libs", "shared"), "shared", "1.0"),
                    ),
            );
            assert.equal(exitCode, 0, errors);
        });
    }
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
});
