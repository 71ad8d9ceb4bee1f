import assert from "node:assert/strict";
import { findFiles } from "../../../provider/build/resolve";
import { findUv } from "../../../provider/build/uv";
import type { Dependency } from "../../../provider/manifest/model";
import { targetFor } from "../../../provider/target";
import { pinned, requestFor, type Workplace, workplace } from "./request";

describe("finding files with uv", function () {
    this.timeout(60_000);
    let place: Workplace;
    beforeEach(async () => {
        place = await workplace();
    });
    afterEach(() => place.remove());

    async function find(
        dependencies: readonly Dependency[],
        python = "3.13",
        architecture: "arm64" | "x86_64" = "arm64",
        allowSourceBuilds: readonly string[] = [],
    ): Promise<Dependency[]> {
        const request = requestFor(place.folder, dependencies, { target: targetFor(python, architecture) });
        const lookup = {
            ...request,
            indexes: [],
            variables: {},
            allowSourceBuilds: new Set(allowSourceBuilds),
        };
        const found = await findFiles(dependencies, lookup, await findUv(place.context), place.context);
        assert.deepEqual(await place.leftovers(), []);
        return found;
    }
    const names = (found: readonly Dependency[]) => found.map(({ file }) => file?.filename);

    it("takes wheels for arm64 and Amazon Linux 2023, with address, hash and size", async () => {
        const found = await find([
            pinned("numpy", "2.3.5"),
            pinned("pydantic-core", "2.41.5"),
            pinned("six", "1.17.0"),
        ]);
        assert.deepEqual(names(found), [
            "numpy-2.3.5-cp313-cp313-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
            "pydantic_core-2.41.5-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
            "six-1.17.0-py2.py3-none-any.whl",
        ]);
        assert.equal(
            found[0]?.file?.hash,
            "sha256:9c75442b2209b8470d6d5d8b1c25714270686f14c749028d2199c54e29f20b4d",
        );
        assert.equal(found[0]?.file?.size, 14248902);
        for (const { file } of found) assert.match(file?.url ?? "", /^https:\/\/[^@]+\.whl$/);
    });

    it("takes what glibc 2.26 can load for Amazon Linux 2, where newer wheels are listed too", async () => {
        const found = await find(
            [pinned("cryptography", "44.0.0"), pinned("numpy", "2.2.6")],
            "3.11",
            "x86_64",
        );
        assert.deepEqual(names(found), [
            "cryptography-44.0.0-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "numpy-2.2.6-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        ]);
    });

    it("takes a wheel between uv's steps: 2.24 for glibc 2.26", async () => {
        const found = await find([pinned("pandas", "2.3.3")], "3.11", "x86_64");
        assert.match(names(found)[0] ?? "", /manylinux_2_24_x86_64/);
    });

    it("refuses a package that has wheels, but for a newer glibc, and names the ways out", async () => {
        await assert.rejects(find([pinned("numpy", "2.3.5")], "3.11", "x86_64"), (error: Error) => {
            assert.match(
                error.message,
                /^SOURCE_BUILD_REFUSED: numpy 2\.3\.5 has no wheel for python3\.11 on x86_64/,
            );
            assert.match(error.message, /allowSourceBuilds: \["numpy"\]/);
            return true;
        });
    });

    it("takes the one file that the manifest's hashes accept", async () => {
        const [all] = await find([pinned("charset-normalizer", "3.4.4")]);
        assert.match(all?.file?.filename ?? "", /manylinux/);
        const any = "sha256:7a32c560861a02ff789ad905a2fe94e3f840803362c84fecf1851cb4cf3dc37f";
        const [found] = await find([pinned("charset-normalizer", "3.4.4", { hashes: [any] })]);
        assert.equal(found?.file?.filename, "charset_normalizer-3.4.4-py3-none-any.whl");
        assert.equal(found?.file?.hash, any);
    });

    it("refuses a release of which no file has an accepted hash", async () => {
        const hashes = [`sha256:${"0".repeat(64)}`];
        await assert.rejects(
            find([pinned("six", "1.17.0", { hashes })]),
            /HASH_MISMATCH: No file of six 1\.17\.0/,
        );
    });

    it("finds the file that a poetry.lock has chosen by its name", async () => {
        const file = {
            filename: "six-1.17.0-py2.py3-none-any.whl",
            hash: "sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274",
        };
        const [found] = await find([pinned("six", "1.17.0", { file })]);
        assert.equal(found?.file?.filename, file.filename);
        assert.equal(found?.file?.hash, file.hash);
        assert.match(found?.file?.url ?? "", /six-1\.17\.0/);
        const gone = { ...file, filename: "six-1.17.0-py3-none-any.whl" };
        await assert.rejects(
            find([pinned("six", "1.17.0", { file: gone })]),
            /WHEEL_NOT_FOUND: six-1\.17\.0-py3/,
        );
    });

    it("refuses an sdist unless it is allowed", async () => {
        await assert.rejects(find([pinned("docopt", "0.6.2")]), /SOURCE_BUILD_REFUSED: docopt 0\.6\.2/);
        const [found] = await find([pinned("docopt", "0.6.2")], "3.13", "arm64", ["docopt"]);
        assert.equal(found?.file?.filename, "docopt-0.6.2.tar.gz");
    });

    it("says where a version or package stands that no index has", async () => {
        for (const dependency of [pinned("six", "99.1"), pinned("no-such-package-anywhere-9f3", "1")]) {
            const at = { ...dependency, position: { file: "requirements.txt", line: 7, column: 1 } };
            await assert.rejects(find([pinned("idna", "3.10"), at]), (error: Error) => {
                assert.match(error.message, new RegExp(`^WHEEL_NOT_FOUND: No file of ${dependency.name}`));
                assert.match(error.message, /requirements\.txt:7:1/);
                assert.ok(error.message.split("\n").length <= 12);
                return true;
            });
        }
    });

    it("refuses a package without wheels for Linux with uv's own hint", async () => {
        await assert.rejects(
            find([pinned("pywin32", "310")]),
            /WHEEL_NOT_FOUND: No file of pywin32 310[\s\S]*win_amd64/,
        );
    });

    it("refuses what is not pinned, with file and line", async () => {
        const { version: _, ...open } = pinned("requests", "1");
        await assert.rejects(
            find([open]),
            /REQUIREMENT_UNPINNED: requests is not pinned[\s\S]*requirements\.txt:1/,
        );
    });

    it("ignores uv's settings in the environment that would change the answer", async () => {
        const { context } = place;
        const environment = {
            ...context.environment,
            UV_OVERRIDE: "nowhere.txt",
            UV_EXCLUDE_NEWER: "2001-01-01",
        };
        const request = requestFor(place.folder, []);
        const lookup = { ...request, indexes: [], variables: {}, allowSourceBuilds: new Set<string>() };
        const with_ = { ...context, environment };
        const [found] = await findFiles([pinned("six", "1.17.0")], lookup, await findUv(with_), with_);
        assert.match(found?.file?.filename ?? "", /^six-1\.17\.0/);
    });

    it("says how to install uv where there is none", async () => {
        for (const UV of ["no-such-uv", process.execPath]) {
            const context = { ...place.context, environment: { ...place.context.environment, UV } };
            await assert.rejects(findUv(context), /TOOL_NOT_FOUND: [\s\S]*pip install uv/);
        }
    });
});
