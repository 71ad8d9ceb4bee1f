import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { containerCommand, findTool } from "../../../provider/build/installer";
import { pipTargetArguments } from "../../../provider/build/pip";
import { targetFor } from "../../../provider/target";
import { type Workplace, workplace } from "./request";

const graviton = targetFor("3.13", "arm64");
const intel = targetFor("3.11", "x86_64");

describe("installer", () => {
    let place: Workplace;
    beforeEach(async () => {
        place = await workplace();
    });
    afterEach(() => place.remove());
    const find = (PATH: string) =>
        findTool(
            "container",
            { target: graviton },
            { ...place.context, environment: { ...place.context.environment, PATH } },
        );

    it("pip is told every tag of the target's glibc, since it widens none", () => {
        const args = pipTargetArguments(intel);
        assert.deepEqual(args.slice(0, 4), [
            "--platform",
            "manylinux_2_26_x86_64",
            "--platform",
            "manylinux_2_25_x86_64",
        ]);
        for (const tag of ["manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64"])
            assert.ok(args.includes(tag), tag);
        assert.ok(!args.some((arg) => arg.includes("2_27")));
        assert.ok(!pipTargetArguments(graviton).some((arg) => /manylinux1_|manylinux2010/.test(arg)));
    });

    it("Docker that is missing gives the line that installs it", async () => {
        const none = join(place.folder, "none");
        await mkdir(none);
        await assert.rejects(
            find(none),
            /^LayerError: TOOL_NOT_FOUND: installer "container" needs Docker[\s\S]*Install Docker/,
        );
    });

    it("container runs pip in the runtime's build image, and sees what it works with", () => {
        const command = containerCommand(graviton, {
            image: "sha256:1f",
            name: "one",
            folder: "/temporary/find-1",
            folders: ["/temporary/find-1", "/out", "/out"],
            readOnly: ["/cache/a.whl"],
            variables: { PIP_RETRIES: "3", HOME: "/temporary/find-1/home" },
            user: "1000:1000",
        });
        assert.deepEqual(command, [
            ...["docker", "run", "--rm", "--init", "--interactive", "--name", "one"],
            ...["--platform", "linux/arm64", "--user", "1000:1000"],
            ...["--volume", "/temporary/find-1:/temporary/find-1", "--volume", "/out:/out"],
            ...["--volume", "/cache/a.whl:/cache/a.whl:ro", "--workdir", "/temporary/find-1"],
            ...["--env", "HOME=/temporary/find-1/home", "--env", "PIP_RETRIES=3"],
            ...["--entrypoint", "python3", "sha256:1f", "-m", "pip"],
        ]);
    });
});
