import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeDependencies } from "../../../provider/manifestInputs";
import type { Props } from "../../../provider/props";
import { targetFor } from "../../../provider/target";
import { openCore } from "../../core";

const hash = `--hash=sha256:${"0a".repeat(32)}`;

describe("a name that the manifest does not have", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
        const lines = [`six==1.16.0 ${hash}`, `Docopt==0.6.2 ; sys_platform == 'win32' ${hash}`];
        await writeFile(join(folder, "requirements.txt"), `${lines.join("\n")}\n`);
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const target = targetFor("3.13", "x86_64");
    const told = async (args: Props): Promise<string[]> => {
        const { host, call, said } = openCore({ folder });
        const inputs = { manifest: "requirements.txt", ...args };
        const described = await describeDependencies(host, call, "PythonLayer", {}, inputs, target);
        // Nothing is read twice of what did not change.
        await describeDependencies(host, call, "PythonLayer", { ...inputs, ...described }, inputs, target);
        return said.map((line) => line.replace("warning: ", ""));
    };

    it("is told once where allowSourceBuilds or exclude has it", async () => {
        assert.deepEqual(await told({ allowSourceBuilds: ["pyyaml", "SIX"], exclude: ["Requets", "a/*"] }), [
            "exclude names requets, which requirements.txt does not have.",
            "allowSourceBuilds names pyyaml, which requirements.txt does not have.",
        ]);
    });

    it("is not one that another target has", async () => {
        assert.deepEqual(await told({ allowSourceBuilds: ["docopt"], exclude: ["DOCOPT"] }), []);
    });

    it("may be one that a resolution of an open list brings in", async () => {
        const open = { resolveUnpinned: true, allowSourceBuilds: ["pyyaml"], exclude: ["requests"] };
        assert.deepEqual(await told(open), []);
    });
});
