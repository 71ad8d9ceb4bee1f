import assert from "node:assert/strict";
import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { awsError, isAmbiguous, isNotFound, isUnsent } from "../../../provider/aws/failures";
import {
    type Bucket,
    headObject,
    listObjects,
    readObject,
    requireBucket,
    writeObject,
} from "../../../provider/aws/objects";
import { type ErrorCode, isLayerError, LayerError } from "../../../provider/errors";
import { getLayerVersion } from "../../../provider/publish/layerVersion";
import type { LocalServer } from "../build/localServer";
import { clientsAt, newSignal } from "../emulatedAws";
import { type Fault, startFaultyAws } from "./faultyAws";

const once = { "aws:maxRetries": "0" };

describe("errors of AWS", () => {
    let server: LocalServer;
    let fault: Fault = "pass";
    before(async () => {
        server = await startFaultyAws(() => fault);
    });
    after(() => server.close());

    async function bucket(settings: Record<string, string> = once): Promise<Bucket> {
        return {
            s3: (await clientsAt(server.origin, settings)).s3,
            name: "artifacts",
            owner: "123456789012",
            signal: newSignal(),
        };
    }
    const failing = async (work: Promise<unknown>): Promise<LayerError> => {
        const error: unknown = await work.then(
            () => assert.fail("did not fail"),
            (reason: unknown) => reason,
        );
        assert.ok(isLayerError(error), String(error));
        return error;
    };

    const mapped: readonly (readonly [Fault, ErrorCode, RegExp])[] = [
        [{ status: 403, code: "AccessDenied" }, "ACCESS_DENIED", /was denied[\s\S]*s3:ListBucket/],
        [{ status: 403, code: "InvalidAccessKeyId" }, "CREDENTIALS_MISSING", /expired or unknown/],
        [{ status: 403, code: "SignatureDoesNotMatch" }, "CREDENTIALS_MISSING", /expired or unknown/],
        [{ status: 400, code: "ExpiredToken" }, "CREDENTIALS_MISSING", /aws sso login/],
        [{ status: 404, code: "NoSuchBucket" }, "BUCKET_NOT_FOUND", /"artifacts" does not exist/],
        [{ status: 500, code: "InternalError" }, "AWS_FAILED", /InternalError: Refused by the test/],
        [{ status: 503, code: "SlowDown" }, "AWS_FAILED", /SlowDown/],
        ["cut before", "AWS_FAILED", /socket hang up|ECONNRESET/],
    ];

    for (const [given, code, message] of mapped) {
        const shown = typeof given === "string" ? given : `${given.status} ${given.code}`;
        it(`become ${code}: ${shown}`, async () => {
            fault = given;
            const error = await failing(readObject(await bucket(), "some/key"));
            assert.equal(error.code, code);
            assert.match(error.message, message);
            assert.match(error.message, /s3:\/\/artifacts/);
            assert.ok(error.message.split("\n").length <= 12);
            assert.ok(!error.message.includes("    at "), "a stack trace");
        });
    }

    it("of Lambda become codes as well, with the call and the request in them", async () => {
        fault = { status: 429, code: "TooManyRequestsException", message: "Rate exceeded" };
        const clients = await clientsAt(server.origin, once);
        const error = await failing(getLayerVersion(clients, "deps", 7, newSignal()));
        assert.equal(error.code, "AWS_FAILED");
        assert.match(error.message, /lambda:GetLayerVersion for layer "deps" version 7 failed/);
        assert.match(error.message, /TooManyRequestsException: Rate exceeded\n {2}\| request test-request/);
        fault = { status: 404, code: "ResourceNotFoundException" };
        assert.equal(await getLayerVersion(clients, "deps", 7, newSignal()), undefined);
        fault = { status: 403, code: "AccessDeniedException" };
        assert.equal((await failing(getLayerVersion(clients, "deps", 7, newSignal()))).code, "ACCESS_DENIED");
        fault = { status: 403, code: "ExpiredTokenException" };
        assert.equal(
            (await failing(getLayerVersion(clients, "deps", 7, newSignal()))).code,
            "CREDENTIALS_MISSING",
        );
    });

    it("tell a missing object from a missing bucket, and a denied one from both", async () => {
        fault = { status: 404, code: "NoSuchKey" };
        assert.equal(await readObject(await bucket(), "some/key"), undefined);
        // Neither HEAD has a body: the bucket is asked for next, and is not there either.
        assert.equal((await failing(headObject(await bucket(), "some/key"))).code, "BUCKET_NOT_FOUND");
        assert.equal((await failing(requireBucket(await bucket()))).code, "BUCKET_NOT_FOUND");
        fault = { status: 403, code: "AccessDenied" };
        assert.equal((await failing(headObject(await bucket(), "some/key"))).code, "ACCESS_DENIED");
        assert.equal((await failing(requireBucket(await bucket()))).code, "ACCESS_DENIED");
        assert.equal((await failing(listObjects(await bucket(), "some/"))).code, "ACCESS_DENIED");
    });

    it("of a conditional write: lost is an answer, the rest are errors", async () => {
        const write = async () => writeObject(await bucket(), "k", "x", "text/plain", { ifNoneMatch: "*" });
        for (const [status, code] of [
            [412, "PreconditionFailed"],
            [409, "ConditionalRequestConflict"],
        ] as const) {
            fault = { status, code };
            assert.equal(await write(), undefined);
        }
        fault = { status: 404, code: "NoSuchBucket" };
        assert.equal((await failing(write())).code, "BUCKET_NOT_FOUND");
    });

    it("go away with the retries that the stack allows", async () => {
        let refusals = 2;
        const flaky = await startFaultyAws(() =>
            refusals-- > 0 ? { status: 503, code: "SlowDown" } : { status: 404, code: "NoSuchKey" },
        );
        try {
            const { s3 } = await clientsAt(flaky.origin, { "aws:maxRetries": "3" });
            const found = await readObject(
                { s3, name: "artifacts", owner: "123456789012", signal: newSignal() },
                "some/key",
            );
            assert.equal(found, undefined);
            assert.equal(flaky.requests.length, 3);
        } finally {
            await flaky.close();
        }
    });

    it("say that there are no credentials, and keep keys out of the message", async () => {
        const names = [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_PROFILE",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_EC2_METADATA_DISABLED",
        ];
        const before = names.map((name) => [name, process.env[name]] as const);
        for (const name of names) delete process.env[name];
        Object.assign(process.env, {
            AWS_CONFIG_FILE: "/dev/null",
            AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
            AWS_EC2_METADATA_DISABLED: "true",
        });
        try {
            const none = { ...once, "aws:accessKey": "", "aws:secretKey": "" };
            const error = await failing(readObject(await bucket(none), "some/key"));
            assert.equal(error.code, "CREDENTIALS_MISSING");
            assert.match(error.message, /no AWS credentials were found[\s\S]*aws:profile/);
        } finally {
            for (const [name, value] of before) {
                if (value === undefined) delete process.env[name];
                else process.env[name] = value;
            }
        }
        fault = { status: 403, code: "InvalidAccessKeyId" };
        const planted = { ...once, "aws:accessKey": "AKIAPLANTED", "aws:secretKey": "planted-secret" };
        const error = await failing(readObject(await bucket(planted), "some/key"));
        assert.ok(!/AKIAPLANTED|planted-secret/.test(error.message));
    });

    it("name the action that IAM has for the facts of an object", async () => {
        fault = { status: 403, code: "AccessDenied" };
        const error = await failing(headObject(await bucket(), "some/key"));
        assert.match(error.message, /^ACCESS_DENIED: s3:GetObject was denied\.\n/);
    });

    it("name what the connection failed with", async () => {
        const clients = await clientsAt("http://127.0.0.1:1", once);
        const refused: unknown = await clients.s3
            .send(new HeadObjectCommand({ Bucket: "artifacts", Key: "k" }))
            .catch((error: unknown) => error);
        assert.ok(isUnsent(refused));
        assert.match(awsError(refused, "s3:HeadObject").message, /ECONNREFUSED/);
    });
});

describe("isAmbiguous and isNotFound", () => {
    it("leave it open only where the request may have taken effect", async () => {
        const answers: [Fault, boolean][] = [
            ["cut before", true],
            [{ status: 500, code: "ServiceException" }, true],
            [{ status: 503, code: "SlowDown" }, true],
            [{ status: 400, code: "RequestTimeout" }, true],
            [{ status: 429, code: "TooManyRequestsException" }, false],
            [{ status: 403, code: "AccessDenied" }, false],
            [{ status: 404, code: "NoSuchKey" }, false],
        ];
        let fault: Fault = "pass";
        const server = await startFaultyAws(() => fault);
        try {
            const { s3 } = await clientsAt(server.origin, once);
            for (const [given, ambiguous] of answers) {
                fault = given;
                const error: unknown = await s3
                    .send(new GetObjectCommand({ Bucket: "artifacts", Key: "k" }))
                    .catch((reason: unknown) => reason);
                assert.equal(isAmbiguous(error), ambiguous, JSON.stringify(given));
                assert.equal(isNotFound(error), typeof given === "object" && given.status === 404);
            }
        } finally {
            await server.close();
        }
        assert.equal(isAmbiguous({ name: "CredentialsProviderError", message: "none" }), false);
        assert.equal(isAmbiguous({ name: "TokenProviderError", message: "expired" }), false);
    });

    it("is about errors of any shape", () => {
        for (const thrown of [undefined, null, "text", 7, {}, new Error("x")]) {
            assert.ok(isLayerError(awsError(thrown, "s3:GetObject")));
        }
        const own = new LayerError("ABORTED", { what: "Stopped.", next: "Go on." });
        assert.equal(awsError(own, "s3:GetObject"), own);
    });
});
