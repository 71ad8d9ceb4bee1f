import assert from "node:assert/strict";
import fc from "fast-check";
import {
    bestWheel,
    compatibleTags,
    isUniversalWheel,
    parseWheelName,
    platformTags,
    tagRanks,
} from "../../../provider/manifest/wheelTag";
import { targetFor } from "../../../provider/target";

const best = (pythonVersion: string, architecture: "x86_64" | "arm64", ...filenames: readonly string[]) =>
    bestWheel(
        filenames.map((filename) => ({ filename })),
        tagRanks(targetFor(pythonVersion, architecture)),
    )?.filename;

describe("wheel tags", () => {
    it("go down from the target's glibc, legacy names after their equals, to the one that names none", () => {
        const old = platformTags(targetFor("3.11", "x86_64"));
        assert.equal(old[0], "manylinux_2_26_x86_64");
        assert.equal(old.indexOf("manylinux2014_x86_64"), old.indexOf("manylinux_2_17_x86_64") + 1);
        assert.deepEqual(old.slice(-3), ["manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64"]);
        assert.deepEqual(platformTags(targetFor("3.13", "arm64")).slice(-3), [
            "manylinux_2_17_aarch64",
            "manylinux2014_aarch64",
            "linux_aarch64",
        ]);
    });

    it("take no wheel for another glibc, machine or libc", () => {
        const wheel = (platform: string) => `a-1-cp311-cp311-${platform}.whl`;
        for (const platform of [
            "manylinux_2_28_x86_64",
            "manylinux_2_17_aarch64",
            "musllinux_1_2_x86_64",
            "linux_aarch64",
        ]) {
            assert.equal(best("3.11", "x86_64", wheel(platform)), undefined, platform);
        }
        assert.ok(best("3.11", "x86_64", wheel("manylinux_2_24_x86_64")));
        assert.ok(best("3.11", "x86_64", wheel("manylinux_2_28_x86_64.manylinux2014_x86_64")));
    });

    it("know the stable interface of older Pythons, and no other", () => {
        assert.ok(best("3.13", "x86_64", "a-1-cp38-abi3-manylinux2014_x86_64.whl"));
        assert.equal(best("3.9", "x86_64", "a-1-cp310-abi3-manylinux2014_x86_64.whl"), undefined);
        assert.equal(best("3.13", "x86_64", "a-1-cp313-cp313t-manylinux2014_x86_64.whl"), undefined);
        assert.equal(best("3.13", "x86_64", "a-1-cp312-cp312-manylinux2014_x86_64.whl"), undefined);
    });

    it("prefer what is made for the target, then the newest glibc, then pure Python", () => {
        const own = "a-1-cp313-cp313-manylinux2014_x86_64.whl";
        const stable = "a-1-cp39-abi3-manylinux_2_34_x86_64.whl";
        const pure = "a-1-py2.py3-none-any.whl";
        const newer = "a-1-cp313-cp313-manylinux_2_28_x86_64.whl";
        const unnamed = "a-1-cp313-cp313-linux_x86_64.whl";
        assert.equal(best("3.13", "x86_64", pure, stable, own, newer), newer);
        assert.equal(best("3.13", "x86_64", pure, stable, own, unnamed), own);
        assert.equal(best("3.13", "x86_64", pure, stable, unnamed), unnamed);
        assert.equal(best("3.13", "x86_64", pure, stable), stable);
        assert.equal(best("3.13", "arm64", pure, stable, own, newer), pure);
    });

    it("prefer a higher build number between equals, and any to none", () => {
        const plain = "a-1-py3-none-any.whl";
        assert.equal(
            best("3.13", "x86_64", plain, "a-1-9-py3-none-any.whl", "a-1-10-py3-none-any.whl"),
            "a-1-10-py3-none-any.whl",
        );
        assert.equal(
            best("3.13", "x86_64", "a-1-1a-py3-none-any.whl", "a-1-1b-py3-none-any.whl"),
            "a-1-1b-py3-none-any.whl",
        );
        assert.equal(best("3.13", "x86_64", "a-1-1-py3-none-any.whl", plain), "a-1-1-py3-none-any.whl");
    });

    it("take the same wheel in any order of the files", () => {
        const target = targetFor("3.12", "arm64");
        const tags = compatibleTags(target);
        const filename = fc
            .constantFrom(...tags, "cp312-cp312-win_amd64")
            .map((tag) => ({ filename: `a-1-${tag}.whl` }));
        fc.assert(
            fc.property(fc.array(filename, { maxLength: 8 }), (files) => {
                const ranks = tagRanks(target);
                assert.equal(
                    bestWheel(files, ranks)?.filename,
                    bestWheel([...files].reverse(), ranks)?.filename,
                );
            }),
        );
    });

    it("are read from file names only", () => {
        assert.deepEqual(parseWheelName("Foo_Bar.baz-1.0+cu1-2x-py2.py3-none-any.whl"), {
            name: "foo-bar-baz",
            version: "1.0+cu1",
            build: { number: 2n, suffix: "x" },
            pythons: ["py2", "py3"],
            abis: ["none"],
            platforms: ["any"],
        });
        for (const filename of [
            "a-1.tar.gz",
            "a-1-py3-none.whl",
            "a-1-x-py3-none-any.whl",
            "a-1-1-2-py3-none-any.whl",
            ".whl",
            "--py3-none-any.whl",
        ]) {
            assert.equal(parseWheelName(filename), undefined, filename);
        }
    });

    it("tell a universal wheel", () => {
        assert.ok(isUniversalWheel("a-1-py2.py3-none-any.whl"));
        assert.ok(!isUniversalWheel("a-1-py3-none-manylinux2014_x86_64.whl"));
        assert.ok(!isUniversalWheel("a-1-cp313-none-any.whl"));
        assert.ok(!isUniversalWheel("a-1.tar.gz"));
    });
});
