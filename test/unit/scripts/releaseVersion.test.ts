import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../../scripts/cacheFolder";
import { runCommand } from "../../../scripts/command";

const script = join(repository, "scripts", "releaseVersion.mjs");

describe("the check before a release", () => {
    let folder = "";
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "release-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    /** Its exit code and messages for a tag, with what the files say. */
    async function check(tag: string, version: string, heading: string): Promise<[number | null, string]> {
        await writeFile(join(folder, "package.json"), JSON.stringify({ version }));
        await writeFile(join(folder, "package-lock.json"), JSON.stringify({ version }));
        await writeFile(join(folder, "CHANGELOG.md"), `# Changelog\n\n${heading}\n\n- A.\n\n## 0.0.1\n`);
        const { exitCode, stderr } = await runCommand("node", [script, tag, folder]);
        return [exitCode, stderr.trim()];
    }

    it("passes when tag, package and changelog name one version", async () => {
        assert.deepEqual(await check("v1.2.3", "1.2.3", "## 1.2.3 (2030-01-31)"), [0, ""]);
    });

    it("names each file that says something else", async () => {
        const [exitCode, problems] = await check("v1.2.3", "1.2.2", "## 1.2.4 (2030-01-31)");
        assert.equal(exitCode, 1);
        assert.deepEqual(problems.split("\n"), [
            "package.json says 1.2.2, the tag v1.2.3.",
            "package-lock.json says 1.2.2, the tag v1.2.3.",
            "the newest heading of CHANGELOG.md says 1.2.4, the tag v1.2.3.",
        ]);
    });

    it("refuses a changelog that calls the version unreleased", async () => {
        const [exitCode, problems] = await check("v1.2.3", "1.2.3", "## 1.2.3 (unreleased)");
        assert.equal(exitCode, 1);
        assert.match(problems, /unreleased: give it its date/);
    });
});
