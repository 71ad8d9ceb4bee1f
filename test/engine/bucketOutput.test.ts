import assert from "node:assert/strict";
import { succeeded } from "../../scripts/pulumiProject";
import { onBothEmulators, region } from "./emulatedAws";
import { layerProjects, program, resourceCounts, stateOf, versionArn } from "./layerProject";
import { bumpedDependencies, lock } from "./locks";

/** A bucket as a resource of the same program; its name is unknown until it has been made. */
const bucketResource = (endpoint: string) => `
const bucketProvider = {
    create: async ({ name }) => {
        const { CreateBucketCommand, S3Client } = require("@aws-sdk/client-s3");
        const credentials = { accessKeyId: "test", secretAccessKey: "test" };
        const s3 = new S3Client({ endpoint: "${endpoint}", region: "${region}", forcePathStyle: true, credentials });
        const CreateBucketConfiguration = { LocationConstraint: "${region}" };
        await s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration }));
        return { id: name, outs: { bucket: name } };
    },
};
class Bucket extends pulumi.dynamic.Resource {
    constructor(name, args) {
        super(bucketProvider, name, { bucket: undefined, ...args });
    }
}
const artifacts = new Bucket("artifacts", { name: "made-by-the-program" });
const deps = new PythonLayer("deps", { manifest: "uv.lock", bucket: artifacts.bucket, pythonVersion: "3.13" });
exports.manifestUri = deps.manifestUri;
`;

onBothEmulators("a bucket that is another resource's output", (aws) => {
    const newProject = layerProjects(aws);

    it("is unknown in the first preview, which still tells the packages, and is there for the up", async () => {
        const project = await newProject({
            name: "output",
            files: {
                "index.js": program(bucketResource(aws().emulator.endpoint)),
                "uv.lock": (await lock()).uvLock,
            },
        });
        const preview = succeeded(await project.preview(["--diff"]));
        assert.match(preview.stdout, /bucket +: \[unknown\]/);
        assert.match(preview.stdout, /idna +: "3\.10"/);
        assert.deepEqual(resourceCounts(preview), ["3 to create"]);

        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["3 created"]);
        assert.equal(
            (await project.outputs())["manifestUri"],
            "s3://made-by-the-program/lambda/output-dev-deps/layer/000001/uv.lock",
        );
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["3 unchanged"]);

        await project.write({ "uv.lock": (await lock(bumpedDependencies)).uvLock });
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 replaced", "2 unchanged"]);
        assert.equal((await stateOf(project)).id, versionArn(aws(), "output-dev-deps", 2));
    });
});
