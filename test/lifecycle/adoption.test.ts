import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PublishLayerVersionCommand, type PublishLayerVersionCommandInput } from "@aws-sdk/client-lambda";
import { mustRun } from "../../scripts/command";
import { defaultAccount } from "../strictAws";
import { artifactBuilderPath, pythonPath, uvPath } from "../tools";
import { clientsAt, region, uniqueName } from "../unit/emulatedAws";
import { createStack, type Declared } from "./simulatedEngine";
import { failure, only, succeed, useStrictAws } from "./strictTests";

/** The two steps of aws-lambda-artifact-builder that make the zip, as its users run them. */
const builderSteps = `
import pathlib, sys
from aws_lambda_artifact_builder import api
pyproject = pathlib.Path.cwd() / "pyproject.toml"
api.UVBasedLambdaLayerLocalBuilder(
    path_pyproject_toml=pyproject, skip_prompt=True, path_bin_uv=pathlib.Path(sys.argv[1]),
    verbose=False, printer=lambda line: None,
).run()
api.LambdaLayerZipper(
    path_pyproject_toml=pyproject, layer_build_tool=api.LayerBuildToolEnum.uv, verbose=False
).run()
print(api.LayerPathLayout(path_pyproject_toml=pyproject).path_build_lambda_layer_zip)
`;

describe("a version that another tool published", function () {
    this.timeout(120_000);
    const strict = useStrictAws();
    let folder: string;
    before(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "pulumi-lambda-layer-adopted-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const publish = async (
        layerName: string,
        zip: Buffer,
        more: Partial<PublishLayerVersionCommandInput> = {},
    ) => {
        const { lambda } = await clientsAt(strict.aws.endpoint);
        await lambda.send(
            new PublishLayerVersionCommand({ LayerName: layerName, Content: { ZipFile: zip }, ...more }),
        );
        return `arn:aws:lambda:${region}:${defaultAccount}:layer:${layerName}:1`;
    };
    const deps = (variant: number, args: Record<string, unknown>): Declared => ({
        name: "deps",
        type: "PythonLayer",
        args: strict.project.python(variant, args),
    });

    /** aws-lambda-artifact-builder, which runs `uv sync` and `zip -r -9`. */
    async function zipOfBuilder(): Promise<Buffer> {
        const project = path.join(folder, "builder");
        await mkdir(project);
        const pyproject = `[project]\nname = "app"\nversion = "1.0.0"\nrequires-python = ">=3.10"\ndependencies = ["demo"]\n`;
        await writeFile(path.join(project, "pyproject.toml"), pyproject);
        const lock = await readFile("uv-0.lock", "utf8");
        // It installs in a copy of the project: the wheel is named by its whole path.
        const wheel = path.join(process.cwd(), "demo-1.0-py3-none-any.whl");
        await writeFile(
            path.join(project, "uv.lock"),
            lock.replace('path = "demo-1.0-py3-none-any.whl"', `path = "${wheel}"`),
        );
        const env = { ...process.env, UV_OFFLINE: "1", UV_PYTHON: pythonPath(), VIRTUAL_ENV: "" };
        // It asks the project's own environment for the version of Python.
        await mustRun(uvPath(), ["venv", "--quiet"], { cwd: project, env });
        const steps = ["-c", builderSteps, uvPath()];
        const { stdout } = await mustRun(artifactBuilderPath(), steps, { cwd: project, env });
        return readFile(stdout.trim().split("\n").at(-1) ?? "");
    }

    /** By hand: an installation for one Python, and `zip`. */
    async function zipByHand(inside: string): Promise<Buffer> {
        const project = await mkdtemp(path.join(folder, "hand-"));
        const target = path.join(project, inside);
        await mkdir(target, { recursive: true });
        const wheel = path.join(process.cwd(), "demo-1.0-py3-none-any.whl");
        const quiet = ["--no-deps", "--offline", "--quiet", "--python", pythonPath()];
        await mustRun(uvPath(), ["pip", "install", ...quiet, "--target", target, wheel]);
        const archive = "import shutil; shutil.make_archive('layer', 'zip', '.', 'python')";
        await mustRun(pythonPath(), ["-c", archive], { cwd: project });
        return readFile(path.join(project, "layer.zip"));
    }

    it("by aws-lambda-artifact-builder is taken over, and told as what it is", async () => {
        const layerName = uniqueName("builder");
        const adopt = await publish(layerName, await zipOfBuilder(), {
            Description: "made by hand",
            LicenseInfo: "MIT",
            CompatibleRuntimes: ["python3.12", "python3.13"],
        });
        const bucket = strict.bucket();
        const stack = createStack("builder", "dev");
        const declared = deps(0, { layerName, bucket: bucket.name, adopt, description: "ours" });
        await succeed(() => stack.up([declared]));
        const told = () => {
            const { description, licenseInfo, compatibleRuntimes, compatibleArchitectures, origin } =
                only(stack).outputs;
            return { description, licenseInfo, compatibleRuntimes, compatibleArchitectures, origin };
        };
        const real = {
            description: "made by hand",
            licenseInfo: "MIT",
            compatibleRuntimes: ["python3.12", "python3.13"],
            compatibleArchitectures: [],
            origin: "adopted",
        };
        assert.deepEqual([only(stack).id, told()], [adopt, real]);
        // What the arguments say is no difference: not now, not after a refresh, not after an update.
        assert.deepEqual(await succeed(() => stack.up([declared])), []);
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        assert.deepEqual(await succeed(() => stack.up([declared])), []);
        const granted = { ...declared, args: { ...declared.args, permissions: ["*"] } };
        assert.deepEqual(await succeed(() => stack.up([granted])), ["update deps"]);
        assert.deepEqual(told(), real);
        const [statement] = [...(strict.layer(layerName)?.versions.get(1)?.statements.keys() ?? [])];
        strict
            .layer(layerName)
            ?.versions.get(1)
            ?.statements.delete(statement ?? "");
        await succeed(() => stack.refresh());
        assert.deepEqual(await succeed(() => stack.up([granted])), ["update deps"]);
        assert.deepEqual(told(), real);
        // A description that changes is a change, and gives a version of ours.
        const changed = { ...declared, args: { ...declared.args, description: "another" } };
        assert.deepEqual(await succeed(() => stack.up([changed])), ["create deps", "delete deps"]);
        assert.equal(only(stack).outputs["description"], "another");
        assert.deepEqual(strict.versions(layerName), [1, 2]);
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), [1]);
    });

    it("is not what others find by the version key: its bytes were not proved", async () => {
        const layerName = uniqueName("indexed");
        const adopt = await publish(layerName, await zipByHand("python"));
        const bucket = strict.bucket();
        const adopter = createStack("indexed", "adopter");
        await succeed(() => adopter.up([deps(0, { layerName, bucket: bucket.name, adopt })]));
        // Who adopted it comes back to it, as long as the argument says so.
        await succeed(() => adopter.up([deps(1, { layerName, bucket: bucket.name, adopt })]));
        await succeed(() => adopter.up([deps(0, { layerName, bucket: bucket.name, adopt })]));
        assert.equal(only(adopter).id, adopt);
        assert.equal(only(adopter).outputs["origin"], "adopted");
        const other = createStack("indexed", "other");
        await succeed(() => other.up([deps(0, { layerName, bucket: bucket.name })]));
        assert.match(only(other).id, /:3$/);
        // Its records are repaired, and it is not put into the index by that.
        for (const key of [...bucket.objects.keys()].filter((each) => each.includes("/000001/"))) {
            bucket.objects.delete(key);
        }
        await succeed(() => adopter.refresh());
        assert.deepEqual(
            await succeed(() => adopter.up([deps(0, { layerName, bucket: bucket.name, adopt })])),
            ["update deps"],
        );
        const third = createStack("indexed", "third");
        await succeed(() => third.up([deps(0, { layerName, bucket: bucket.name })]));
        assert.match(only(third).id, /:3$/);
    });

    it("for another Python is refused: the target's does not look there", async () => {
        const layerName = uniqueName("folder");
        const adopt = await publish(layerName, await zipByHand("python/lib/python3.12/site-packages"));
        const bucket = strict.bucket().name;
        assert.match(
            await failure(() => createStack("folder", "dev").up([deps(0, { layerName, bucket, adopt })])),
            /^ADOPTION_REFUSED[\s\S]*demo is in it for Python 3\.12 only/,
        );
        const fitting = deps(0, { layerName, bucket, adopt, pythonVersion: "3.12" });
        const stack = createStack("folder", "dev");
        await succeed(() => stack.up([fitting]));
        assert.equal(only(stack).id, adopt);
    });
});
