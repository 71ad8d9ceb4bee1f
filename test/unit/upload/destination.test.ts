import assert from "node:assert/strict";
import { openDestination } from "../../../provider/upload/destination";
import { startServer } from "../build/localServer";
import { clientsAt, createBucket, newSignal, region, useEmulatedAws } from "../emulatedAws";

const account = "123456789012";

describe("openDestination", () => {
    const aws = useEmulatedAws();
    const open = (bucket: string) =>
        openDestination(aws.clients, account, { bucket, prefix: "lambda/deps/" }, newSignal());

    it("keeps versions right below the layer in a bucket of the layer's own account and region", async () => {
        const bucket = await createBucket(aws.clients);
        const { store, sameRegion } = await open(bucket.name);
        assert.equal(sameRegion, true);
        assert.equal(store.versionsFolder, "lambda/deps/layer/");
        assert.equal(store.bucket.name, bucket.name);
    });

    it("says which bucket is not there", async () => {
        await assert.rejects(open("not-there"), /BUCKET_NOT_FOUND: The bucket "not-there" does not exist/);
    });

    /** A bucket of which S3 says where it is, and whether it is the expected owner's. */
    async function openElsewhere(where: string, owner: string, bucketOwner?: string, readable = true) {
        const server = await startServer((request, response) => {
            const expected = request.headers["x-amz-expected-bucket-owner"];
            response.statusCode = !readable || expected !== owner ? 403 : 200;
            response.setHeader("x-amz-bucket-region", where);
            response.end();
        });
        try {
            const clients = await clientsAt(server.origin, { "aws:maxRetries": "0" });
            return await openDestination(
                clients,
                account,
                { bucket: "shared", prefix: "", bucketOwner },
                newSignal(),
            );
        } finally {
            await server.close();
        }
    }

    it("keeps versions apart in a bucket of another region or account", async () => {
        const elsewhere = await openElsewhere("eu-west-1", account);
        assert.equal(elsewhere.sameRegion, false);
        assert.equal(elsewhere.bucketRegion, "eu-west-1");
        assert.equal(elsewhere.store.versionsFolder, `layer/${account}-${region}/`);
        const foreign = await openElsewhere(region, "000000000000", "000000000000");
        assert.equal(foreign.sameRegion, true);
        assert.equal(foreign.store.versionsFolder, `layer/${account}-${region}/`);
        assert.equal(foreign.store.artifactsFolder, "layer/");
    });

    it("takes a refusal for a refusal, and names both of what it may mean", async () => {
        for (const bucketOwner of [undefined, "000000000000"]) {
            await assert.rejects(
                openElsewhere(region, account, bucketOwner, false),
                /ACCESS_DENIED: s3:ListBucket on bucket "shared" .*\n(?:.*\n)*.*bucketOwner\.\n.*s3:ListBucket/,
            );
        }
        await assert.rejects(
            openElsewhere(region, "000000000000"),
            /ACCESS_DENIED: s3:ListBucket on bucket "shared"/,
        );
    });
});
