import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { GetLayerVersionPolicyCommand } from "@aws-sdk/client-lambda";
import type { Bucket } from "../../../provider/aws/objects";
import { listObjects, objectUri, readObject, writeObject } from "../../../provider/aws/objects";
import { artifactObject, layerStore, manifestObject } from "../../../provider/publish/layout";
import { parseLedger } from "../../../provider/publish/ledger/format";
import { settingsDigest } from "../../../provider/publish/ledger/versionKey";
import type { Place } from "../../../provider/publish/operations/place";
import { releaseVersion } from "../../../provider/publish/operations/releaseVersion";
import { type TakenVersion, takeVersion } from "../../../provider/publish/operations/takeVersion";
import { updateHold } from "../../../provider/publish/operations/updateHold";
import { lambdaVersions } from "../../../provider/publish/store/lambdaVersions";
import { statementMark } from "../../../provider/publish/store/policyStatements";
import { callPublish } from "../../../provider/publish/store/publishCall";
import { ledgerObject, s3Ledger } from "../../../provider/publish/store/s3Ledger";
import { systemClock } from "../../../provider/publish/store/systemClock";
import { versionObjects } from "../../../provider/publish/store/versionObjects";
import { createBucket, layerZip, newSignal, region, uniqueName, useEmulatedAws } from "../emulatedAws";

const settings = {
    description: "dependencies",
    licenseInfo: undefined,
    compatibleRuntimes: ["python3.13"],
    compatibleArchitectures: ["arm64"],
};

describe("a ledger in S3, with Lambda", () => {
    const aws = useEmulatedAws();
    const signal = newSignal();
    let bucket: Bucket;
    let layerName: string;

    beforeEach(async () => {
        bucket = await createBucket(aws.clients);
        layerName = uniqueName("ledger");
    });

    const keyOf = () => ledgerObject("deps/layer/", bucket.owner, region);
    const openPlace = (): Place => ({
        layer: `arn:aws:lambda:${region}:${bucket.owner}:layer:${layerName}`,
        store: s3Ledger(bucket, keyOf()),
        versions: lambdaVersions(aws.clients, {
            layerName,
            account: bucket.owner,
            mark: statementMark(objectUri(bucket, keyOf())),
            signal,
        }),
        objects: versionObjects(layerStore(bucket, "deps/")),
        clock: systemClock(signal),
        tell: () => undefined,
    });
    const create = (
        createId: string,
        content: string,
        permissions: readonly string[] = [],
    ): Promise<TakenVersion> => {
        const zip = layerZip(content);
        const store = layerStore(bucket, "deps/");
        return takeVersion(openPlace(), {
            wanted: { artifact: content, settings: settingsDigest(settings), triggers: "" },
            holder: { createId, owner: `owner of ${createId}`, keep: 0, permissions },
            prepare: async () => {
                await writeObject(bucket, artifactObject(store, content), zip, "application/zip");
                return {
                    codeSha256: createHash("sha256").update(zip).digest("base64"),
                    codeSize: zip.length,
                    publish: () =>
                        callPublish(
                            aws.clients,
                            {
                                layerName,
                                content: { S3Bucket: bucket.name, S3Key: artifactObject(store, content) },
                                ...settings,
                            },
                            signal,
                        ),
                };
            },
            describe: async ({ version }) => {
                for (const name of ["uv.lock", "record.json"]) {
                    await writeObject(bucket, manifestObject(store, version, name), "{}", "text/plain");
                }
            },
        });
    };
    const destroy = (createId: string, { epoch, version }: TakenVersion) =>
        releaseVersion(openPlace(), {
            createId,
            epoch,
            version: version.version,
            lives: false,
            forceDestroy: false,
        });
    const readLedger = async () => {
        const found = await readObject(bucket, keyOf());
        return found && parseLedger(found.body.toString("utf8"), openPlace().layer);
    };

    it("is made by the first create, shared by the second, and gone with the last destroy", async () => {
        const first = await create("one", "a");
        assert.deepEqual([first.outcome, first.version.version, first.problems], ["published", 1, []]);
        const second = await create("two", "a");
        assert.deepEqual([second.outcome, second.version.version], ["taken over", 1]);
        assert.equal(second.version.settings, settingsDigest(settings));
        assert.equal((await destroy("one", first)).version, "held");
        assert.equal((await destroy("two", second)).version, "deleted");
        assert.equal(await openPlace().versions.get(1), undefined);
        assert.deepEqual(await listObjects(bucket, ""), []);
        assert.equal((await destroy("two", second)).version, "deleted");
    });

    it("publishes once, however many create the same at the same moment", async () => {
        const taken = await Promise.all(
            Array.from({ length: 8 }, (_, position) => create(`create ${position}`, "same")),
        );
        assert.deepEqual([...new Set(taken.map(({ version }) => version.version))], [1]);
        assert.equal(await openPlace().versions.newest(), 1);
        const ledger = await readLedger();
        assert.ok(ledger !== undefined && "versions" in ledger);
        assert.equal(ledger.versions.get(1)?.holders.size, 8);
        assert.equal(ledger.publishing.size, 0);
    });

    it("gives and takes back permissions", async () => {
        const taken = await create("one", "a", ["123456789012"]);
        const grantees = async () => {
            const { Policy = "" } = await aws.clients.lambda.send(
                new GetLayerVersionPolicyCommand({ LayerName: layerName, VersionNumber: 1 }),
            );
            return [...Policy.matchAll(/"Sid": ?"pulumi-lambda-layer-[0-9a-f]{8}-([^"]+)"/g)].map(
                ([, name]) => name,
            );
        };
        assert.deepEqual((await grantees()).sort(), ["123456789012", "even"]);
        const { problems } = await updateHold(openPlace(), {
            version: 1,
            holder: { createId: "one", owner: "owner of one", keep: 0, permissions: ["*"] },
            facts: { key: undefined, artifacts: [] },
            formerPermissions: ["123456789012"],
            describe: async () => undefined,
        });
        assert.deepEqual(problems, []);
        assert.deepEqual((await grantees()).sort(), ["even", "everyone"]);
        assert.equal((await destroy("one", taken)).version, "deleted");
    });

    it("is read again only where it has changed, and written only over what was read", async () => {
        const { store } = openPlace();
        const absent = await store.read();
        assert.ok(
            absent !== "unchanged" &&
                absent.text === undefined &&
                Math.abs(absent.date - Date.now()) < 60_000,
        );
        const written = await store.write("one", undefined);
        assert.ok(written?.version !== undefined);
        assert.equal(await store.write("two", undefined), undefined);
        assert.equal(await store.read(written.version), "unchanged");
        const again = await store.write("three", written.version);
        assert.equal(await store.write("four", written.version), undefined);
        assert.notEqual(await store.read(written.version), "unchanged");
        assert.notEqual(await store.write(undefined, again?.version), undefined);
        assert.equal(await store.write("five", again?.version), undefined);
    });

    it("is not taken away by who has read an older one", async () => {
        const { store } = openPlace();
        const written = await store.write("one", undefined);
        await store.write("two", written?.version);
        assert.equal(await store.write(undefined, written?.version), undefined);
        assert.notEqual(await readObject(bucket, keyOf()), undefined);
    });

    it("that is rubbish is left alone, and so are the versions", async () => {
        const taken = await create("one", "a");
        await writeObject(bucket, keyOf(), "rubbish", "application/json");
        await assert.rejects(create("two", "a"), /LEDGER_UNREADABLE/);
        assert.equal((await destroy("one", taken)).version, "ledger not used");
        assert.notEqual(await openPlace().versions.get(1), undefined);
    });
});
