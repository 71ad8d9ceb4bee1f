import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { diff } from "../../../provider/diff";
import type { Props } from "../../../provider/props";
import { unknownValue } from "../../../provider/unknown";
import { repository } from "../../../scripts/cacheFolder";

/** Checked inputs, as the outputs of the last run echo them. */
const before: Props = {
    schemaVersion: 1,
    resourceType: "PythonLayer",
    owner: "acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::deps",
    layerName: "deps",
    region: "eu-central-1",
    bucket: "artifacts",
    prefix: "lambda/deps/",
    manifest: "uv.lock",
    manifestMd5: "0a",
    dependencies: { requests: "2.32.4" },
    dependencyDigest: "1:aa",
    pythonVersion: "3.13",
    architecture: "arm64",
    compatibleRuntimes: ["python3.13"],
    compatibleArchitectures: ["arm64"],
    description: "d",
    triggers: [{ a: 1 }],
};
/** What only outputs have. */
const outputs = { codeSha256: "c2hh", createId: "v" };
const compare = (changes: Props, olds: Props = before) =>
    diff({ ...olds, ...outputs }, { ...before, ...changes });
const nothing = { changes: false };

describe("diff", () => {
    it("finds no change in the same inputs, whatever they are and in whatever order", () => {
        const names = Object.keys(before).filter((name) => name !== "schemaVersion");
        fc.assert(
            fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (changes) => {
                const news = { ...before, ...changes };
                const olds = Object.fromEntries(Object.entries(structuredClone(news)).reverse());
                assert.deepEqual(diff({ ...olds, ...outputs }, news), nothing);
            }),
            { examples: [[{ compatibleRuntimes: [{ toString: false }] }]] },
        );
    });

    it("counts null and absent as the same", () => {
        assert.deepEqual(compare({ licenseInfo: null, extras: undefined }), nothing);
    });

    it("counts what follows from other inputs as the same, written down or not", () => {
        const { resourceType: _type, prefix: _prefix, schemaVersion: _schemaVersion, ...lean } = before;
        const full = before;
        assert.deepEqual(diff({ ...full, ...outputs }, lean), nothing);
        assert.deepEqual(diff({ ...lean, ...outputs }, full), nothing);
        assert.deepEqual(diff({ ...full, prefix: "elsewhere/" }, lean), {});
        assert.deepEqual(diff({ ...lean, prefix: "" }, lean), {});
        assert.deepEqual(diff({ ...lean, records: "manifest missing" }, lean), {});
        assert.deepEqual(diff({ ...lean, records: null }, lean), nothing);
    });

    it("compares nothing with the state of a newer release", () => {
        assert.throws(() => compare({}, { ...before, schemaVersion: 3 }), /^LayerError: STATE_UNSUPPORTED/);
    });

    it("replaces for what is part of a version, and names it", () => {
        const changes: Props = {
            layerName: "other",
            region: "eu-west-1",
            account: "123456789012",
            description: "e",
            licenseInfo: "MIT",
            compatibleRuntimes: ["python3.13", "python3.14"],
            compatibleArchitectures: ["arm64", "x86_64"],
            triggers: [{ a: 2 }],
            pythonVersion: "3.14",
            architecture: "x86_64",
            content: { s3Bucket: "b", s3Key: "k" },
        };
        for (const [name, value] of Object.entries(changes)) {
            assert.deepEqual(compare({ [name]: value }), { replaces: [name] });
        }
    });

    it("replaces for what is not known yet, of a part of a version only", () => {
        for (const name of ["layerName", "region", "description", "pythonVersion", "manifestMd5"]) {
            assert.deepEqual(compare({ [name]: unknownValue }), { replaces: [name] });
        }
        assert.deepEqual(compare({ bucket: unknownValue, prefix: unknownValue }), {});
    });

    it("updates in place for what is kept beside a version", () => {
        for (const name of [
            "owner",
            "manifest",
            "bucket",
            "prefix",
            "forceDestroy",
            "keepVersions",
            "permissions",
        ]) {
            assert.deepEqual(compare({ [name]: "changed" }), {}, name);
        }
    });

    it("overlooks no argument that a program can change", async () => {
        const folder = path.join(repository, "provider");
        for (const file of ["layerResource.ts", "pythonLayer.ts", "layerVersion.ts"]) {
            const text = await readFile(path.join(folder, file), "utf8");
            const [, body] = /^export interface \w*Args\b[^{]*\{\n([\s\S]*?)^\}/m.exec(text) ?? [];
            const names = [...String(body).matchAll(/^ {4}readonly (\w+)\??:/gm)].map(([, name]) =>
                String(name),
            );
            assert.ok(names.length >= 3, file);
            // Credentials of an index alone are no change, by design.
            for (const name of names.filter((each) => each !== "indexes")) {
                assert.notDeepEqual(compare({ [name]: "changed" }), nothing, `${file}: ${name}`);
            }
        }
    });

    describe("of the manifest", () => {
        it("updates in place where the bytes moved and the dependencies did not", () => {
            assert.deepEqual(compare({ manifestMd5: "0b" }), {});
            assert.deepEqual(compare({ manifestMd5: "0b", includesDigest: "1" }), {});
        });

        it("replaces where the dependencies moved", () => {
            const moved = {
                manifestMd5: "0b",
                dependencyDigest: "1:bb",
                dependencies: { requests: "2.32.5" },
            };
            assert.deepEqual(compare(moved), { replaces: ["dependencyDigest"] });
        });

        it("falls back to the bytes where one side has no digest", () => {
            assert.deepEqual(compare({ manifestMd5: "0b", dependencyDigest: undefined }), {
                replaces: ["manifestMd5"],
            });
            const { dependencyDigest: _digest, ...old } = before;
            assert.deepEqual(compare({ manifestMd5: "0b" }, old), { replaces: ["manifestMd5"] });
            assert.deepEqual(compare({ includesDigest: "1" }, old), { replaces: ["includesDigest"] });
        });

        it("changes no version for a digest that appears or goes while the bytes stand still", () => {
            assert.deepEqual(compare({ dependencyDigest: undefined, changeDetection: "md5" }), {});
            const { dependencyDigest: _digest, ...old } = before;
            assert.deepEqual(compare({}, old), {});
        });

        it("compares the dependencies themselves where another release made the digest", () => {
            const old = { ...before, dependencyDigest: "0:zz" };
            assert.deepEqual(compare({ manifestMd5: "0b" }, old), {});
            assert.deepEqual(compare({ manifestMd5: "0b", dependencies: { requests: "2.32.5" } }, old), {
                replaces: ["dependencies", "manifestMd5"],
            });
            assert.deepEqual(compare({}, old), {});
        });
    });
});
