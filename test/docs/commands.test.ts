import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { repository } from "../../scripts/cacheFolder";
import { parseTestArguments } from "../../scripts/testStages";
import { callCommandLine } from "../unit/commandLine/callCommandLine";
import {
    publishWith,
    type SampleProject,
    startProject,
    toEmulator,
    useTestCredentials,
} from "../unit/commandLine/layers";
import { region, useEmulatedAws } from "../unit/emulatedAws";
import { type Page, readPages } from "./markdown";
import { replay } from "./transcript";

/** Commands of other programs, which the demo, the engine's tests and the installations run. */
const ofOthers = [
    /^npm install pulumi-lambda-layer( @pulumi\/aws)?$/,
    /^(uv|poetry) lock$/,
    /^pulumi (preview|up|refresh|destroy)( --\S+)*$/,
    /^(git clone|cd|npm (ci|install)$|pulumi (new|stack init|config set)) ?/,
];

/** The layer that the pages' commands are about, in the bucket that they name. */
const layer = { bucket: "artifacts", layerName: "shop-prod-deps" };
const releases = ["1.0.0", "2.0.0", "2.1.0", "3.0.1"];

describe("the commands in the pages", function () {
    this.timeout(60_000);
    const aws = useEmulatedAws();
    useTestCredentials();
    let pages: Page[];
    let project: SampleProject;

    before(async () => {
        // The other guides' transcripts are replayed where what they show is made.
        pages = (await readPages()).filter(({ path }) => !path.includes("from-artifact-builder"));
        await aws.clients.s3.send(
            new CreateBucketCommand({
                Bucket: layer.bucket,
                CreateBucketConfiguration: { LocationConstraint: region },
            }),
        );
        project = await startProject();
        for (const version of releases) {
            await project.lock([
                { name: "numbers", version: "2.0.0", size: 39_000 },
                { name: "web", version, size: 12_000 },
            ]);
            await publishWith(aws.endpoint, "deps", { ...layer, manifest: join(project.folder, "uv.lock") });
        }
    });
    after(() => project?.remove());

    const commands = () =>
        pages.flatMap(({ blocks }) =>
            blocks
                .filter(({ language }) => language === "sh")
                .flatMap(({ text, place }) =>
                    text
                        .split("\n")
                        .map((line) => line.replace(/\s+#.*$|^#.*$/, "").trim())
                        .filter((line) => line !== "")
                        .map((line) => ({ line, place })),
                ),
        );

    it("are scripts and stages that there are, or commands of programs that others test", async () => {
        const { scripts } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
        for (const { line, place } of commands()) {
            const [, script] = /^npm run ([\w:]+)/.exec(line) ?? [];
            if (script !== undefined) assert.ok(script in scripts, `${place}: ${line}`);
            else if (line.startsWith("npm test")) {
                const [, args = ""] = /^npm test(?: -- (.*))?$/.exec(line) ?? [];
                assert.doesNotThrow(() => parseTestArguments(args.split(" ").filter(Boolean)), place);
            } else if (!line.startsWith("npx pulumi-lambda-layer ")) {
                assert.ok(
                    ofOthers.some((pattern) => pattern.test(line)),
                    `${place}: nothing runs \`${line}\``,
                );
            }
        }
    });

    it("do what they say, those of the command line", async () => {
        const own = commands().filter(({ line }) => line.startsWith("npx pulumi-lambda-layer "));
        assert.ok(own.length > 4);
        for (const { line, place } of own) {
            const [, , name = "", ...args] = line.split(/ +/);
            const local = name === "build" || args[0]?.endsWith(".zip") === true;
            const { exitCode, errors } = await callCommandLine(
                [name, ...args, ...(local ? [] : toEmulator(aws.endpoint))],
                { folder: project.folder },
            );
            assert.equal(exitCode, 0, `${place}: ${line}\n${errors}`);
        }
    });

    it("print what the pages say", async () => {
        const transcripts = pages.flatMap(({ blocks }) =>
            blocks.filter(({ language }) => language === "console"),
        );
        assert.ok(transcripts.length > 0);
        for (const block of transcripts) {
            const local = /\.zip/.test(block.text);
            await replay(block, local ? [] : toEmulator(aws.endpoint), project.folder);
        }
    });
});
