import assert from "node:assert/strict";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Clients } from "../../../provider/aws/clients";
import {
    type Bucket,
    deleteObject,
    headObject,
    listObjects,
    readObject,
    requireBucket,
    writeObject,
} from "../../../provider/aws/objects";
import { isLayerError } from "../../../provider/errors";
import {
    deleteLayerVersion,
    getLayerVersion,
    listVersionNumbers,
    newestVersionNumber,
} from "../../../provider/publish/layerVersion";
import { type ProxiedRequest, startFaultProxy } from "../../faultProxy";
import { garbage, garbageForHead } from "../../garbage";
import { defaultAccount, type StrictAws, startStrictAws } from "../../strictAws";
import { addBucket, store } from "../../strictAws/state";
import { clientsAt, newSignal, region, uniqueName } from "../emulatedAws";
import { publishInline } from "../publish/publisher";

interface Place {
    readonly clients: Clients;
    readonly bucket: Bucket;
    readonly layerName: string;
}

/** The first call of PublishLayerVersion. */
function firstPublish(): (request: ProxiedRequest) => boolean {
    let seen = false;
    return ({ publishes }) => {
        const isFirst = publishes && !seen;
        seen ||= publishes;
        return isFirst;
    };
}

const publish = ({ clients, layerName }: Place) => publishInline(clients, layerName);

/** Each call, what it comes to on the prepared AWS, and which of its requests is the one in question. */
const calls: Readonly<Record<string, readonly [(place: Place) => Promise<unknown>, unknown, string?]>> = {
    "sts:GetCallerIdentity": [
        async ({ clients }) => (await clients.sts.send(new GetCallerIdentityCommand({}))).Account,
        defaultAccount,
    ],
    "s3:HeadBucket": [({ bucket }) => requireBucket(bucket), { region }],
    "s3:HeadObject": [async ({ bucket }) => (await headObject(bucket, "there"))?.size, 5],
    "s3:HeadObject of nothing": [({ bucket }) => headObject(bucket, "missing"), undefined],
    "s3:GetObject": [async ({ bucket }) => (await readObject(bucket, "there"))?.body.toString(), "bytes"],
    "s3:GetObject of nothing": [({ bucket }) => readObject(bucket, "missing"), undefined],
    "s3:PutObject": [
        async ({ bucket }) => {
            assert.ok(await writeObject(bucket, "written", "x", "text/plain"));
            return (await readObject(bucket, "written"))?.body.toString();
        },
        "x",
    ],
    "s3:ListObjectsV2": [
        async ({ bucket }) => (await listObjects(bucket, "th")).map(({ key }) => key),
        ["there"],
    ],
    "s3:DeleteObject": [({ bucket }) => deleteObject(bucket, "there"), undefined],
    "lambda:ListLayerVersions": [
        ({ clients, layerName }) => listVersionNumbers(clients, layerName, newSignal()),
        [1],
    ],
    "lambda:ListLayerVersions of nothing": [
        ({ clients }) => newestVersionNumber(clients, "nothing", newSignal()),
        0,
    ],
    "lambda:GetLayerVersion": [
        async ({ clients, layerName }) =>
            (await getLayerVersion(clients, layerName, 1, newSignal()))?.version,
        1,
    ],
    "lambda:GetLayerVersion of nothing": [
        ({ clients, layerName }) => getLayerVersion(clients, layerName, 9, newSignal()),
        undefined,
    ],
    "lambda:DeleteLayerVersion": [
        ({ clients, layerName }) => deleteLayerVersion(clients, layerName, 1, newSignal()),
        undefined,
    ],
};

describe("what is no answer of AWS", function () {
    this.timeout(60_000);
    let aws: StrictAws;
    before(async () => {
        aws = await startStrictAws();
    });
    after(() => aws.stop());

    /** Makes a call over a connection on which garbage comes for the first request, or for all; tells what was asked. */
    async function callWith(
        bytes: Buffer | string,
        call: (place: Place) => Promise<unknown>,
        settings: {
            readonly when?: "before" | "after";
            readonly isGarbled?: (request: ProxiedRequest) => boolean;
            readonly isPrepared?: boolean;
            readonly retries?: string;
        } = {},
    ) {
        const {
            when = "before",
            isGarbled = ({ number }) => number === 1,
            isPrepared = true,
            retries = "4",
        } = settings;
        const name = uniqueName("garbled");
        const kept = addBucket(aws.state, { name, region, account: defaultAccount });
        store(aws.state, kept, "there", {
            body: Buffer.from("bytes"),
            metadata: {},
            contentType: "text/plain",
        });
        const direct = await clientsAt(aws.endpoint);
        if (isPrepared)
            await publish({
                clients: direct,
                bucket: { s3: direct.s3, name, owner: defaultAccount, signal: newSignal() },
                layerName: name,
            });
        const proxy = await startFaultProxy(aws.endpoint, (request) =>
            isGarbled(request) ? { kind: "garbage", when, bytes } : undefined,
        );
        try {
            const clients = await clientsAt(proxy.endpoint, { "aws:maxRetries": retries });
            const bucket = { s3: clients.s3, name, owner: defaultAccount, signal: newSignal() };
            const outcome = await call({ clients, bucket, layerName: name }).then(
                (value) => ({ value }),
                (error: unknown) => ({ error }),
            );
            return { outcome, requests: proxy.seen.map(({ request }) => request), layerName: name };
        } finally {
            await proxy.stop();
        }
    }

    for (const [name, [call, expected]] of Object.entries(calls)) {
        const kinds = name.includes(":Head") ? garbageForHead : garbage;
        it(`is a broken connection to ${name}: asked once more, whatever came`, async () => {
            await Promise.all(
                Object.entries(kinds).map(async ([kind, bytes]) => {
                    const { outcome, requests } = await callWith(bytes, call);
                    assert.deepEqual(outcome, { value: expected }, `${name}: ${kind}`);
                    assert.ok(requests.length > 1, `${name}: ${kind} was taken for an answer`);
                }),
            );
        });
    }

    for (const when of ["before", "after"] as const) {
        it(`never publishes twice: garbage ${when} PublishLayerVersion took effect`, async () => {
            await Promise.all(
                Object.entries(garbage).map(async ([kind, bytes]) => {
                    const { outcome, requests, layerName } = await callWith(bytes, publish, {
                        when,
                        isGarbled: firstPublish(),
                        isPrepared: false,
                    });
                    assert.ok("value" in outcome, `${kind}: ${String(Object.values(outcome)[0])}`);
                    const published = requests.filter(({ publishes }) => publishes).length;
                    assert.equal(published, when === "after" ? 1 : 2, kind);
                    const versions = aws.state.layers.get(
                        `${defaultAccount}/${region}/${layerName}`,
                    )?.versions;
                    assert.deepEqual([...(versions?.keys() ?? [])], [1], kind);
                }),
            );
        });
    }

    it("is an error that says so when nothing else comes", async () => {
        for (const kind of ["a proxy's page that says 403", "a proxy's page", "a way to a sign-in page"]) {
            const { outcome } = await callWith(
                garbage[kind] ?? "",
                ({ bucket }) => readObject(bucket, "there"),
                {
                    isGarbled: () => true,
                    retries: "1",
                },
            );
            const error = "error" in outcome ? outcome.error : undefined;
            assert.ok(isLayerError(error), kind);
            assert.equal(error.code, "AWS_FAILED");
            assert.match(error.message, /not an answer of AWS[\s\S]*text\/html[\s\S]*proxy/);
        }
    });
});
