import assert from "node:assert/strict";
import type { CommandOptions } from "../../scripts/command";
import type { PulumiProject } from "../../scripts/pulumiProject";
import { onBothEmulators } from "./emulatedAws";
import {
    assertNoTemporaryFolder,
    createLayerProject,
    layerProjects,
    program,
    pythonLayer,
} from "./layerProject";
import { lock } from "./locks";

onBothEmulators("bad input", (aws) => {
    const newProject = layerProjects(aws);
    // Nothing that is tried here changes anything, so one project serves all.
    let project: PulumiProject;
    before(async () => {
        project = await createLayerProject(aws(), {
            name: "bad",
            files: { "uv.lock": (await lock()).uvLock },
        });
    });
    after(() => project?.remove());

    /** Tries an up, which must fail with all the texts and leave nothing behind. */
    const assertRefused = async (
        files: Readonly<Record<string, string | Buffer>>,
        texts: readonly (string | RegExp)[],
        { from = project, options = {} }: { from?: PulumiProject; options?: CommandOptions } = {},
    ) => {
        await from.write(files);
        const up = await from.up(["--continue-on-error"], options);
        assert.equal(up.exitCode, 1, up.output);
        const output = up.output.replace(/\n +[|→]? */g, " ");
        for (const text of texts) {
            assert.ok(
                typeof text === "string" ? output.includes(text) : text.test(output),
                `${String(text)} is not in\n${up.output}`,
            );
        }
        assert.doesNotMatch(output, /^ +at .*\.js:\d+:\d+\)?$/m, "no stack trace");
        assert.deepEqual(await aws().layerNames(), []);
        assert.deepEqual(await aws().objectKeys(), []);
        await assertNoTemporaryFolder(from);
    };

    it("names each wrong argument", async () => {
        const args = {
            manifest: undefined,
            architecture: "aarch64",
            description: "x".repeat(257),
            layerName: "no spaces",
            compatibleRuntimes: ["python3.13", "cobol85"],
            bukket: "misspelt",
        };
        await assertRefused({ "index.js": program(pythonLayer(args)) }, [
            "ARGUMENT_INVALID: manifest is required",
            'ARGUMENT_INVALID: architecture must be "x86_64" or "arm64", but is "aarch64"',
            "description must be at most 256 characters, but has 257",
            'layerName must be 1 to 140 letters, digits, hyphens or underscores, or a layer ARN, but is "no spaces"',
            'compatibleRuntimes must name Lambda runtimes such as "python3.13", but "cobol85" is none',
            "bukket is no argument of PythonLayer",
        ]);
    });

    it("names a target that Lambda does not have", async () => {
        await assertRefused({ "index.js": program(pythonLayer({ pythonVersion: "3.99" })) }, [
            "TARGET_UNSUPPORTED: AWS Lambda has no runtime python3.99",
            "Set pythonVersion to one of 3.9,",
        ]);
    });

    it("says where a missing manifest was looked for, in preview too", async () => {
        const files = { "index.js": program(pythonLayer({ manifest: "none/uv.lock" })) };
        await assertRefused(files, [
            "MANIFEST_NOT_FOUND: There is no manifest none/uv.lock.",
            `at ${project.folder}/none/uv.lock`,
            "Give `manifest` a path relative to the program's directory",
        ]);
        const preview = await project.preview();
        assert.equal(preview.exitCode, 1);
        assert.match(preview.output, /MANIFEST_NOT_FOUND/);
    });

    for (const [what, path, content, reason] of [
        ["a directory", "folder/uv.lock", undefined, "it is a directory"],
        ["binary", "binary/uv.lock", Buffer.from([0x75, 0x76, 0]), "it is binary, not text"],
    ] as const) {
        it(`says why a manifest that is ${what} cannot be read`, async () => {
            const files = content === undefined ? { [`${path}/inside`]: "" } : { [path]: content };
            await assertRefused({ ...files, "index.js": program(pythonLayer({ manifest: path })) }, [
                `MANIFEST_UNREADABLE: The manifest ${path} cannot be read: ${reason}.`,
                "Check that `manifest` names the right file.",
            ]);
        });
    }

    it("names a package without a wheel for the target", async () => {
        const files = {
            "windows/uv.lock": (await lock(["pywin32==310"])).uvLock,
            "index.js": program(pythonLayer({ manifest: "windows/uv.lock" })),
        };
        await assertRefused(files, [
            "WHEEL_NOT_FOUND: pywin32 has no wheel for python3.13 on x86_64",
            /at windows\/uv\.lock:\d+:\d+/,
            "Lock another version of pywin32",
        ]);
    });

    it("names the lines of a list that pin no version", async () => {
        const files = {
            "loose/requirements.txt": "idna>=3\n",
            "index.js": program(pythonLayer({ manifest: "loose/requirements.txt" }, { name: "loose" })),
        };
        await assertRefused(files, [
            "REQUIREMENT_UNPINNED: idna is not pinned to one version. at loose/requirements.txt:1:1",
            "Pin it, `idna==<version>`, and everything that it needs.",
        ]);
    });

    it("names what is wrong when it only shows while building or in AWS", async () => {
        const files = {
            "part/requirements.txt": "requests==2.32.4\n",
            "index.js": program(
                pythonLayer({ manifest: "part/requirements.txt" }, { name: "part" }),
                pythonLayer({ bucket: "no-such-bucket" }, { name: "homeless" }),
            ),
        };
        await assertRefused(files, [
            /REQUIREMENTS_INCOMPLETE: part\/requirements\.txt does not list everything .* at part\/requirements\.txt:1:1/,
            "urllib3, needed by requests",
            "Write the complete list: `uv pip compile part/requirements.txt --generate-hashes",
            'BUCKET_NOT_FOUND: The bucket "no-such-bucket" does not exist. at s3://no-such-bucket',
            "Create it, or name another one in the argument bucket.",
        ]);
    });

    it("says how credentials are given when there are none", async () => {
        const anonymous = await newProject({
            name: "anonymous",
            files: { "index.js": program(pythonLayer()), "uv.lock": (await lock()).uvLock },
            config: { "aws:accessKey": null, "aws:secretKey": null },
        });
        const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...env } = anonymous.environment;
        const texts = [
            "CREDENTIALS_MISSING: sts:GetCallerIdentity could not be signed: no AWS credentials were found.",
            "Set aws:profile in the stack, or AWS_PROFILE,",
        ];
        await assertRefused({}, texts, { from: anonymous, options: { env } });
    });
});
