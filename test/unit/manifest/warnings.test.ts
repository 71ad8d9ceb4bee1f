import assert from "node:assert/strict";
import type { Dependency } from "../../../provider/manifest/model";
import { findOversize } from "../../../provider/manifest/sizeHint";
import { findUnhashed } from "../../../provider/manifest/unhashed";

const dependency = (name: string, more: Partial<Dependency> = {}): Dependency => ({
    name,
    version: "1.0",
    source: { type: "registry" },
    hashes: [],
    position: { file: "uv.lock", line: 1, column: 1 },
    ...more,
});
const sized = (name: string, size?: number): Dependency =>
    dependency(name, {
        file: { filename: `${name}-1.0-py3-none-any.whl`, ...(size === undefined ? {} : { size }) },
    });

describe("findOversize", () => {
    it("names the biggest files where all of them, compressed, pass the limit", () => {
        const many = [
            sized("small", 1_000_000),
            sized("torch", 800_000_000),
            sized("other"),
            sized("cuda", 9e8),
        ];
        assert.equal(
            findOversize(many, 262_144_000),
            "its wheels have 1701.0 MB compressed, and a layer may have 262.1 MB unpacked: cuda 900.0 MB, torch 800.0 MB, small 1.0 MB",
        );
    });

    it("says nothing up to the limit, and where sizes are not known", () => {
        assert.equal(findOversize([sized("a", 262_144_000)], 262_144_000), undefined);
        assert.equal(findOversize([sized("a"), dependency("b")], 1), undefined);
    });
});

describe("findUnhashed", () => {
    it("finds what could be replaced unnoticed, in the manifest's order", () => {
        const at = (line: number) => ({ position: { file: "requirements.txt", line, column: 1 } });
        const found = findUnhashed([
            dependency("b", at(9)),
            dependency("a", { source: { type: "url", url: "https://index.example/a.whl" }, ...at(2) }),
            dependency("hashed", { hashes: ["sha256:aa"] }),
            dependency("chosen", { file: { filename: "c-1.0-py3-none-any.whl", hash: "sha256:aa" } }),
            dependency("tree", { source: { type: "directory", path: "t", editable: false, virtual: false } }),
            dependency("commit", { source: { type: "git", url: "https://git.example/x", commit: "00" } }),
        ]);
        assert.deepEqual(
            found.map(({ name }) => name),
            ["a", "b"],
        );
    });
});
