import assert from "node:assert/strict";
import { defaultAccount } from "../strictAws";
import type { StrictBucket } from "../strictAws/state";
import { uniqueName } from "../unit/emulatedAws";
import { createStack } from "./simulatedEngine";
import { failure, only, succeed, useStrictAws } from "./strictTests";

const other = "210987654321";

/** Every call about a bucket says whose it must be: `useStrictAws` looks at that after each test. */
describe("a layer's bucket", function () {
    this.timeout(60_000);
    const strict = useStrictAws();
    const python = (variant: number, args: Readonly<Record<string, unknown>>) => ({
        name: "deps",
        type: "PythonLayer" as const,
        args: strict.project.python(variant, args),
    });
    const versions = ({ name }: StrictBucket, layerName: string) => ({ bucket: name, layerName });

    it("of another account is refused, with the argument that would name it", async () => {
        const bucket = strict.bucket({ account: other });
        const layerName = uniqueName("foreign");
        const message = await failure(() =>
            createStack(layerName, "dev").up([python(0, versions(bucket, layerName))]),
        );
        assert.match(
            message,
            new RegExp(
                `^ACCESS_DENIED: s3:ListBucket on bucket "${bucket.name}" was denied: the bucket belongs to none of the accounts ${defaultAccount}, `,
            ),
        );
        assert.match(message, /→ If it belongs to another account, .* in the argument bucketOwner\./);
        const wrong = { ...versions(bucket, layerName), bucketOwner: "333333333333" };
        assert.match(
            await failure(() => createStack(layerName, "dev").up([python(0, wrong)])),
            /ACCESS_DENIED/,
        );
        assert.deepEqual(strict.versions(layerName), []);
        assert.equal(bucket.objects.size, 0);
    });

    it("of another account is taken where it is named, from the first version to the last object", async () => {
        const bucket = strict.bucket({ account: other });
        const layerName = uniqueName("named");
        const args = { ...versions(bucket, layerName), bucketOwner: other, forceDestroy: true };
        const stack = createStack(layerName, "dev");
        await succeed(() => stack.up([python(0, args)]));
        await succeed(() => stack.up([python(1, args)]));
        await succeed(() => stack.up([python(0, args)]));
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        assert.deepEqual(await succeed(() => stack.up([python(0, args)])), []);
        await succeed(() => stack.destroy());
        assert.deepEqual([...bucket.objects.keys()], []);
    });

    it("of the layer's own account needs no name, and minds none", async () => {
        const bucket = strict.bucket();
        for (const bucketOwner of [undefined, defaultAccount, other]) {
            const layerName = uniqueName("own");
            const args = {
                ...versions(bucket, layerName),
                ...(bucketOwner === undefined ? {} : { bucketOwner }),
            };
            await succeed(() => createStack(layerName, "dev").up([python(0, args)]));
            assert.deepEqual(strict.versions(layerName), [1]);
        }
    });

    it("that became somebody else's is not written to, and nothing is deleted for it", async () => {
        const bucket = strict.bucket();
        const layerName = uniqueName("taken");
        const stack = createStack(layerName, "dev");
        await succeed(() => stack.up([python(0, versions(bucket, layerName))]));
        strict.aws.state.buckets.set(bucket.name, { ...bucket, account: other, objects: new Map() });
        for (const run of [() => stack.up([python(1, versions(bucket, layerName))]), () => stack.destroy()]) {
            assert.match(await failure(run), /ACCESS_DENIED: s3:ListBucket on bucket .* belongs to none/);
        }
        assert.equal(strict.aws.state.buckets.get(bucket.name)?.objects.size, 0);
        assert.deepEqual(strict.versions(layerName), [1]);
    });

    it("moves from one account to another, each with its name", async () => {
        const [from, to] = [strict.bucket({ account: other }), strict.bucket()];
        const layerName = uniqueName("moving");
        const stack = createStack(layerName, "dev");
        await succeed(() => stack.up([python(0, { ...versions(from, layerName), bucketOwner: other })]));
        assert.deepEqual(
            await succeed(() => stack.up([python(0, { ...versions(to, layerName), bucketOwner: other })])),
            ["update deps"],
        );
        assert.deepEqual(await succeed(() => stack.up([python(0, versions(to, layerName))])), [
            "update deps",
        ]);
        assert.match(String(only(stack).outputs["manifestUri"]), new RegExp(`^s3://${to.name}/`));
    });

    it("of an archive is the named account's or the layer's own", async () => {
        const records = strict.bucket();
        for (const [account, bucketOwner, expected] of [
            [defaultAccount, undefined, "published"],
            [defaultAccount, other, "published"],
            [other, other, "published"],
            [other, undefined, "refused"],
        ] as const) {
            const archive = strict.bucket({ account });
            const layerName = uniqueName("archive");
            const declared = {
                name: "deps",
                args: strict.project.zip(0, {
                    layerName,
                    bucket: records.name,
                    content: strict.archive(archive, 0),
                    ...(bucketOwner === undefined ? {} : { bucketOwner }),
                }),
            };
            const up = () => createStack(layerName, "dev").up([declared]);
            if (expected === "published") {
                await succeed(up);
            } else {
                assert.match(
                    await failure(up),
                    /ACCESS_DENIED: s3:GetObject .*\n(?:.*\n)*.*argument bucketOwner/,
                );
            }
        }
    });

    const key = "arn:aws:kms:eu-central-1:123456789012:key/0a0b";
    const kms = {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": key,
    };
    for (const [what, demands, args] of [
        ["a key", kms, { kmsKeyId: key }],
        ["a key, with the word for it", kms, { kmsKeyId: key, serverSideEncryption: "aws:kms" }],
        [
            "a key and two layers of encryption",
            { ...kms, "x-amz-server-side-encryption": "aws:kms:dsse" },
            { kmsKeyId: key, serverSideEncryption: "aws:kms:dsse" },
        ],
        [
            "S3's own encryption",
            { "x-amz-server-side-encryption": "AES256" },
            { serverSideEncryption: "AES256" },
        ],
        [
            "any key of KMS",
            { "x-amz-server-side-encryption": "aws:kms" },
            { serverSideEncryption: "aws:kms" },
        ],
    ] as const) {
        it(`whose policy demands ${what} gets every object as it asks for`, async () => {
            const bucket = strict.bucket({ demands, kms: true });
            const layerName = uniqueName("encrypted");
            const without = versions(bucket, layerName);
            const refused = await failure(() => createStack(layerName, "dev").up([python(0, without)]));
            assert.match(refused, /ACCESS_DENIED: s3:PutObject/);
            assert.match(
                refused,
                /→ If the bucket's policy asks for encryption, give the arguments kmsKeyId or/,
            );
            assert.deepEqual(strict.versions(layerName), []);
            const stack = createStack(layerName, "dev");
            await succeed(() => stack.up([python(0, { ...without, ...args })]));
            await succeed(() => stack.up([python(1, { ...without, ...args })]));
            assert.deepEqual(await succeed(() => stack.up([python(1, { ...without, ...args })])), []);
            await succeed(() => stack.destroy());
        });
    }

    it("is not encrypted otherwise where nothing is said, and a change is an update in place", async () => {
        const bucket = strict.bucket();
        const layerName = uniqueName("later");
        const stack = createStack(layerName, "dev");
        await succeed(() => stack.up([python(0, versions(bucket, layerName))]));
        const steps = await succeed(() =>
            stack.up([python(0, { ...versions(bucket, layerName), kmsKeyId: "alias/layers" })]),
        );
        assert.deepEqual(steps, ["update deps"]);
    });

    it("has to be there for what is said of it, and what is said has to fit", async () => {
        const bucket = strict.bucket().name;
        for (const [args, words] of [
            [{ bucketOwner: "123" }, /bucketOwner must be an account number of twelve digits/],
            [{ bucketOwner: 123456789012 }, /bucketOwner must be a text/],
            [{ kmsKeyId: "a b" }, /kmsKeyId must be the ARN, id or alias/],
            [{ serverSideEncryption: "aws:KMS" }, /serverSideEncryption must be one of "AES256", "aws:kms"/],
            [{ serverSideEncryption: "AES256", kmsKeyId: key }, /kmsKeyId is a key of KMS, and AES256/],
        ] as const) {
            const stack = createStack(uniqueName("wrong"), "dev");
            assert.match(await failure(() => stack.up([python(0, { bucket, ...args })])), words);
        }
        for (const args of [{ bucketOwner: other }, { kmsKeyId: key }, { serverSideEncryption: "AES256" }]) {
            const declared = {
                name: "deps",
                args: strict.project.zip(0, { layerName: uniqueName("none"), ...args }),
            };
            const stack = createStack(uniqueName("none"), "dev");
            assert.match(await failure(() => stack.up([declared])), /is about a bucket, and there is none/);
        }
    });
});
