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
            { target: graviton, manifestFolder: place.folder },
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

    it("container runs pip in the runtime's build image, with no secret among the arguments", () => {
        const command = containerCommand(graviton, {
            folder: "/temporary/find-1",
            folders: ["/temporary", "/cache", "/temporary"],
            readOnly: ["/project"],
            variables: ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"],
            user: "1000:1000",
        });
        assert.deepEqual(command, [
            "docker",
            ...["run", "--rm", "--platform", "linux/arm64", "--user", "1000:1000"],
            ...["--volume", "/temporary:/temporary", "--volume", "/cache:/cache"],
            ...["--volume", "/project:/project:ro", "--workdir", "/temporary/find-1"],
            ...["--env", "PIP_EXTRA_INDEX_URL", "--env", "PIP_INDEX_URL", "--env", "HOME=/tmp"],
            ...["--entrypoint", "python3", "public.ecr.aws/sam/build-python3.13:latest-arm64", "-m", "pip"],
        ]);
    });
});
