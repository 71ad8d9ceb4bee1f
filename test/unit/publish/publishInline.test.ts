import assert from "node:assert/strict";
import { isLayerError } from "../../../provider/errors";
import type { Fault } from "../aws/faultyAws";
import { startFaultyAws } from "../aws/faultyAws";
import { clientsAt, uniqueName, useEmulatedAws } from "../emulatedAws";
import { never, publishInline, versionsOf } from "./publisher";

describe("a publish call", function () {
    this.timeout(30_000);
    const aws = useEmulatedAws();

    /** Publishes with these faults before the publish calls, one each; whatever else is asked goes through. */
    async function publishWith(layerName: string, faults: readonly Fault[], signal = never) {
        const waiting = [...faults];
        let calls = 0;
        const server = await startFaultyAws((method) => {
            if (method !== "POST") return "pass";
            calls += 1;
            return waiting.shift() ?? "pass";
        }, aws.endpoint);
        try {
            const clients = await clientsAt(server.origin);
            const published = await publishInline(clients, layerName, signal);
            return { published, calls };
        } finally {
            await server.close();
        }
    }
    const refusedWith = async (fault: Fault) => {
        const layerName = uniqueName("deps");
        const error: unknown = await publishWith(layerName, Array(9).fill(fault)).catch(
            (reason: unknown) => reason,
        );
        assert.ok(isLayerError(error), String(error));
        assert.deepEqual(await versionsOf(aws.clients, layerName), []);
        return error;
    };

    it("takes the version that a broken connection hid, and publishes no second one", async () => {
        const layerName = uniqueName("deps");
        const { published, calls } = await publishWith(layerName, ["cut after"]);
        assert.equal(calls, 1);
        assert.deepEqual(await versionsOf(aws.clients, layerName), [published.version]);
    });

    it("tries again where nothing came of it: throttled, failed", async () => {
        const layerName = uniqueName("deps");
        const { published, calls } = await publishWith(layerName, [
            { status: 429, code: "TooManyRequestsException" },
            { status: 500, code: "ServiceException" },
        ]);
        assert.equal(calls, 3);
        assert.deepEqual(await versionsOf(aws.clients, layerName), [published.version]);
    });

    it("tries again after a connection that broke before", async () => {
        const layerName = uniqueName("deps");
        const { published, calls } = await publishWith(layerName, ["cut before"]);
        assert.equal(calls, 2);
        assert.deepEqual(await versionsOf(aws.clients, layerName), [published.version]);
    });

    it("says at once what Lambda refuses, each with its own remedy", async () => {
        const refusals: readonly (readonly [Fault, string, RegExp])[] = [
            [
                {
                    status: 400,
                    code: "InvalidParameterValueException",
                    message: "Unzipped size must be smaller than 262144000 bytes",
                },
                "LAYER_TOO_LARGE",
                /a second layer does not help/,
            ],
            [{ status: 400, code: "CodeStorageExceededException" }, "PUBLISH_REFUSED", /code storage.*full/],
            [{ status: 400, code: "InvalidParameterValueException" }, "PUBLISH_REFUSED", /argument/],
            [
                { status: 413, code: "RequestEntityTooLargeException" },
                "BUCKET_WRONG_REGION",
                /goes through it/,
            ],
            [{ status: 403, code: "AccessDeniedException" }, "ACCESS_DENIED", /policy/],
            [{ status: 403, code: "UnrecognizedClientException" }, "CREDENTIALS_MISSING", /Renew/],
        ];
        for (const [fault, code, message] of refusals) {
            const error = await refusedWith(fault);
            assert.equal(error.code, code);
            assert.match(error.message, message);
        }
    });

    it("ends at once when the run is aborted", async () => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 100);
        await assert.rejects(publishWith(uniqueName("deps"), ["no answer"], controller.signal));
    });
});
