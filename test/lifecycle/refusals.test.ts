import assert from "node:assert/strict";
import fs from "node:fs";
import { PassThrough } from "node:stream";
import { uniqueName } from "../unit/emulatedAws";
import { createStack, type Declared } from "./simulatedEngine";
import { failure, ledgersIn, only, succeed, useStrictAws } from "./strictTests";

describe("what AWS refuses", function () {
    this.timeout(60_000);
    const strict = useStrictAws();
    const deps = (args: Declared["args"], more: Partial<Declared> = {}): Declared => ({
        name: "deps",
        args,
        ...more,
    });

    const refusals: readonly (readonly [number, string, string, RegExp])[] = [
        [
            400,
            "InvalidParameterValueException",
            "Unzipped size must be smaller than 262144000 bytes",
            /^LAYER_TOO_LARGE.*\n.*\n.*second layer does not help/,
        ],
        [400, "InvalidParameterValueException", "Could not unzip uploaded file.", /^ARCHIVE_INVALID/],
        [
            400,
            "InvalidParameterValueException",
            "Error occurred while GetObject. S3 Error Code: PermanentRedirect.",
            /^BUCKET_WRONG_REGION/,
        ],
        [
            400,
            "InvalidParameterValueException",
            "Error occurred while GetObject. S3 Error Code: AccessDenied.",
            /^ACCESS_DENIED.*\n.*\n.*lambda\.amazonaws\.com/,
        ],
        [
            400,
            "InvalidParameterValueException",
            "Value at licenseInfo is wrong",
            /^PUBLISH_REFUSED.*\n.*licenseInfo/,
        ],
        [
            400,
            "ValidationException",
            "Value '[x]' at 'compatibleRuntimes' failed to satisfy constraint",
            /^PUBLISH_REFUSED.*\n.*compatibleRuntimes/,
        ],
        [
            400,
            "CodeStorageExceededException",
            "Code storage limit exceeded.",
            /^PUBLISH_REFUSED.*code storage.*full/,
        ],
        [404, "ResourceNotFoundException", "The resource you requested does not exist.", /^PUBLISH_REFUSED/],
        [
            413,
            "RequestEntityTooLargeException",
            "Request must be smaller than 69905067 bytes",
            /^BUCKET_WRONG_REGION.*\n.*\n.*bucket/,
        ],
        [
            403,
            "AccessDeniedException",
            "User is not authorized to perform: lambda:PublishLayerVersion",
            /^ACCESS_DENIED/,
        ],
    ];
    for (const [status, code, message, expected] of refusals) {
        it(`is told with its remedy, and leaves the way free for the next run: ${code}: ${message.slice(0, 70)}`, async () => {
            const bucket = strict.bucket();
            const layerName = uniqueName("refused");
            const stack = createStack("refused", "dev");
            const declared = deps(strict.project.zip(0, { layerName, bucket: bucket.name }));
            strict.aws.state.publishErrors.push({ status, code, message });
            const told = await failure(() => stack.up([declared]));
            assert.match(told, expected);
            assert.ok(told.split("\n").length <= 12, told);
            assert.deepEqual(
                ledgersIn(bucket).flatMap(({ publishing }) => [...publishing.keys()]),
                [],
                "no lease is left",
            );
            await succeed(() => stack.up([declared]));
            assert.deepEqual(strict.versions(layerName), [1]);
        });
    }

    it("is an artifact that was deleted meanwhile: it is uploaded again, and a program's own zip is asked for", async () => {
        const missing = {
            status: 400,
            code: "InvalidParameterValueException",
            message: "Error occurred while GetObject. S3 Error Code: NoSuchKey.",
        };
        const bucket = strict.bucket();
        const stack = createStack("missing", "dev");
        const layerName = uniqueName("missing");
        const python = deps(strict.project.python(0, { layerName, bucket: bucket.name }), {
            type: "PythonLayer",
        });
        strict.aws.state.publishErrors.push(missing);
        await succeed(() => stack.up([python]));
        assert.deepEqual(strict.versions(layerName), [1]);
        const content = strict.archive(bucket, 0);
        const publish = strict.aws.state.publishErrors;
        publish.shift = () => {
            bucket.objects.delete("layer.zip");
            return missing;
        };
        const told = await failure(() =>
            createStack("missing", "other").up([
                deps({ layerName: `${layerName}-own`, manifest: "package-lock-0.json", content }),
            ]),
        );
        Reflect.deleteProperty(publish, "shift");
        assert.match(told, /^ARCHIVE_NOT_FOUND/);
    });

    it("for a while is tried again: throttled, failed inside", async () => {
        const layerName = uniqueName("patient");
        strict.aws.state.publishErrors.push(
            { status: 429, code: "TooManyRequestsException", message: "Rate exceeded" },
            { status: 500, code: "ServiceException", message: "Internal" },
        );
        await succeed(() => createStack("patient", "dev").up([deps(strict.project.zip(0, { layerName }))]));
        assert.deepEqual(strict.versions(layerName), [1]);
    });

    it("of arguments is refused before anything is sent", async () => {
        const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
            [{ layerName: "x".repeat(141) }, /layerName/],
            [{ layerName: "a b" }, /layerName/],
            [{ description: "x".repeat(257) }, /256/],
            [{ licenseInfo: "x".repeat(513) }, /512/],
            [{ compatibleRuntimes: Array.from({ length: 16 }, (_, number) => `python3.${number}`) }, /15/],
            [{ compatibleRuntimes: ["cobol1.x"] }, /cobol/],
            [{ compatibleArchitectures: ["x86_64", "arm64", "riscv"] }, /riscv/],
            [{ content: { s3Bucket: "some-bucket", s3Key: "a", zipFile: "b" } }, /once/],
            [{ content: {} }, /s3Bucket/],
        ];
        for (const [args, expected] of wrong) {
            const stack = createStack("wrong", "dev");
            const given = { layerName: "fine", ...args };
            assert.match(await failure(() => stack.up([deps(strict.project.zip(0, given))])), expected);
        }
        assert.deepEqual(strict.versions("fine"), []);
    });

    it("of the credentials names them: expired, and a clock that is wrong is put right", async () => {
        const layerName = uniqueName("clock");
        const args = strict.project.python(0, { layerName, bucket: strict.bucket().name });
        strict.aws.state.expiredKeys.add("test");
        const told = await failure(() =>
            createStack("clock", "dev").up([deps(args, { type: "PythonLayer" })]),
        );
        strict.aws.state.expiredKeys.clear();
        assert.match(told, /^CREDENTIALS_MISSING: .*expired.*\n.*\n.*\n.*Renew/);
        strict.configure();
        strict.aws.state.skew = 3_600_000;
        try {
            await succeed(() => createStack("clock", "dev").up([deps(args, { type: "PythonLayer" })]));
        } finally {
            strict.aws.state.skew = 0;
            strict.configure();
        }
        assert.deepEqual(strict.versions(layerName), [1]);
    });

    it("of the bucket says what is denied, and the next run takes over the version that exists", async () => {
        const bucket = strict.bucket();
        const layerName = uniqueName("denied");
        const stack = createStack("denied", "dev");
        const declared = deps(strict.project.python(0, { layerName, bucket: bucket.name }), {
            type: "PythonLayer",
        });
        strict.aws.state.denied.add("s3:ListBucket");
        assert.match(
            await failure(() => stack.up([declared])),
            /^ACCESS_DENIED: s3:.*denied[\s\S]*s3:ListBucket/,
        );
        strict.aws.state.denied.clear();
        assert.deepEqual(strict.versions(layerName), []);
        // From the moment of publication on nothing can be written.
        const putObject = "s3:PutObject";
        const publish = strict.aws.state.publishErrors;
        publish.shift = () => {
            strict.aws.state.denied.add(putObject);
            return undefined;
        };
        const told = await failure(() => stack.up([declared]));
        Reflect.deleteProperty(publish, "shift");
        strict.aws.state.denied.delete(putObject);
        assert.match(told, /ACCESS_DENIED: s3:PutObject/);
        // A state without a hold would point at a version that others may delete. The lease leads the next run to it.
        assert.equal(stack.resources.size, 0);
        assert.deepEqual(strict.versions(layerName), [1]);
        assert.deepEqual(await succeed(() => stack.up([declared])), ["create deps"]);
        assert.equal(only(stack).unfinished, false);
        assert.deepEqual(strict.versions(layerName), [1]);
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        assert.deepEqual(await succeed(() => stack.up([declared])), []);
        // The version counts as published from here: another stack takes it over.
        const other = createStack("denied", "other");
        await succeed(() => other.up([declared]));
        assert.equal(only(other).id, only(stack).id);
    });

    it("of a permission leaves the version in the state, and the next run gives it", async () => {
        const layerName = uniqueName("grant");
        const stack = createStack("grant", "dev");
        const declared = deps(
            strict.project.zip(0, { layerName, bucket: strict.bucket().name, permissions: ["o-abcdefghij"] }),
        );
        strict.aws.state.denied.add("lambda:AddLayerVersionPermission");
        assert.match(
            await failure(() => stack.up([declared])),
            /ACCESS_DENIED: lambda:AddLayerVersionPermission/,
        );
        strict.aws.state.denied.clear();
        assert.deepEqual(await succeed(() => stack.up([declared])), ["update deps"]);
        const given = [...(strict.layer(layerName)?.versions.get(1)?.statements.keys() ?? [])];
        assert.deepEqual(
            given.map((sid) => sid.slice(sid.indexOf("-o-") + 1)).filter((name) => name.startsWith("o-")),
            ["o-abcdefghij"],
        );
        assert.deepEqual(strict.versions(layerName), [1]);
    });

    it("is not reached on a full disk: nothing is left, and the message says so", async () => {
        const layerName = uniqueName("full");
        const stack = createStack("full", "dev");
        const declared = deps(strict.project.python(3, { layerName, bucket: strict.bucket().name }), {
            type: "PythonLayer",
        });
        const before = await fs.promises.readdir(strict.project.folder);
        const { createWriteStream } = fs;
        const { open } = fs.promises;
        const full = () =>
            Object.assign(new Error("ENOSPC: no space left on device, write"), {
                code: "ENOSPC",
                errno: -28,
                syscall: "write",
            });
        fs.createWriteStream = (() =>
            new PassThrough().destroy(full())) as unknown as typeof createWriteStream;
        fs.promises.open = (async (path: string, flags?: string) => {
            if (typeof flags === "string" && flags !== "r") {
                throw full();
            }
            return open(path, flags);
        }) as typeof open;
        let told: string;
        try {
            told = await failure(() => stack.up([declared]));
        } finally {
            fs.createWriteStream = createWriteStream;
            fs.promises.open = open;
        }
        assert.match(told, /^DISK_FULL: The temporary folder is full\.\n.*\n.*ENOSPC.*\n.*TMPDIR/);
        assert.deepEqual(await fs.promises.readdir(strict.project.folder), before);
        assert.deepEqual(strict.versions(layerName), []);
        await succeed(() => stack.up([declared]));
        assert.deepEqual(strict.versions(layerName), [1]);
    });
});
