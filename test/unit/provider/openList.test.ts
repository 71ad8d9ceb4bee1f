import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { diff } from "../../../provider/diff";
import type { Props } from "../../../provider/props";
import { openCore } from "../../core";

const hash = `--hash=sha256:${"0a".repeat(32)}`;
const pinned = [
    "pydantic==2.11.7",
    "annotated-types==0.7.0",
    "pydantic-core==2.33.2",
    "typing-extensions==4.14.1",
]
    .map((line) => `${line} ${hash}\n`)
    .join("");
const open = "pydantic>=2\nidna\n";

describe("a list that leaves versions open", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    /** What a check of this list gives and says. */
    async function checked(text: string, args: Props = {}, olds: Props = {}) {
        await writeFile(path.join(folder, "requirements.txt"), text);
        const { layers, call, said } = openCore({ folder });
        const { inputs, failures } = await layers.check(call, olds, {
            owner: "acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::deps",
            manifest: "requirements.txt",
            bucket: "artifacts",
            pythonVersion: "3.13",
            ...args,
        });
        const reasons = failures.map(({ reason }) => reason);
        return { inputs, said: said.join("\n"), failures: reasons.join("\n") };
    }
    const resolved = { resolveUnpinned: true };

    it("is refused in a preview, where nothing is to resolve it", async () => {
        const { inputs } = await checked(pinned);
        const { failures } = await checked(open, {}, inputs);
        assert.match(failures, /^REQUIREMENT_UNPINNED: 2 packages/);
        assert.match(failures, /pydantic>=2 \(.*requirements\.txt:1:1\)\n.*idna \(.*requirements\.txt:2:1\)/);
    });

    it("is taken with what is excluded left open", async () => {
        const { failures } = await checked(`${pinned}${open.replace("pydantic>=2\n", "")}`, {
            exclude: ["idna"],
        });
        assert.equal(failures, "");
        const provided = await checked(`${pinned}boto3\n`, { excludeRuntimeProvided: true });
        assert.equal(provided.failures, "");
    });

    it("shows what it asks for, and calls nothing removed or built from source", async () => {
        const { inputs: before } = await checked(pinned);
        const { inputs, said, failures } = await checked(open, resolved, before);
        assert.equal(failures, "");
        assert.deepEqual(inputs["dependencies"], { idna: "*", pydantic: ">=2" });
        assert.match(said, /pydantic 2\.11\.7 → >=2/);
        assert.match(said, /3 no longer listed/);
        assert.match(said, /idna \(any version\)/);
        assert.match(said, /what the list leaves open is resolved/);
        assert.doesNotMatch(said, /built from source|removed|added|Pin it|no hash/);
        assert.match(said, /idna is not pinned.*, so any edit of the manifest counts as a change/);
        assert.deepEqual(diff(before, inputs), { replaces: ["manifestMd5"] });
        // And back.
        const back = await checked(pinned, {}, inputs);
        assert.doesNotMatch(back.said, /built from source|added|removed/);
    });

    it("is refused once resolveUnpinned is taken away", async () => {
        const { inputs } = await checked(open, resolved);
        assert.match((await checked(open, {}, inputs)).failures, /^REQUIREMENT_UNPINNED/);
    });

    it("makes a new version due where the old one has what the list does not name", async () => {
        const { inputs } = await checked(pinned, resolved);
        const { inputs: news } = await checked(pinned, {}, inputs);
        const dependencies: unknown = inputs["dependencies"];
        assert.deepEqual(diff({ ...inputs, resolution: dependencies }, news), {});
        const resolution = { ...Object(dependencies), "typing-inspection": "0.4.1" };
        assert.deepEqual(diff({ ...inputs, resolution }, news), { replaces: ["resolveUnpinned"] });
        assert.deepEqual(diff({ ...inputs, resolution }, { ...news, ...resolved }), { changes: false });
    });
});
