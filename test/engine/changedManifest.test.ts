import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { succeeded } from "../../scripts/pulumiProject";
import { onBothEmulators } from "./emulatedAws";
import {
    holdersOf,
    layerProjects,
    program,
    pythonLayer,
    resourceCounts,
    stateOf,
    versionArn,
} from "./layerProject";
import { bumpedDependencies, lock } from "./locks";

onBothEmulators("a changed manifest", (aws) => {
    const newProject = layerProjects(aws);

    it("with other dependencies is a new version; the old one stays, and a revert takes it again", async () => {
        const before = (await lock()).uvLock;
        const after = (await lock(bumpedDependencies)).uvLock;
        const project = await newProject({
            name: "changed",
            files: { "index.js": program(pythonLayer()), "uv.lock": before },
        });
        succeeded(await project.up());

        await project.write({ "uv.lock": after });
        const preview = succeeded(await project.preview(["--diff"]));
        assert.match(preview.stdout, /\+-pulumi-nodejs:dynamic\/lambda:PythonLayer: \(replace\)/);
        assert.match(preview.stdout, /~ idna: "3\.10" => "3\.11"/);
        assert.doesNotMatch(preview.stdout, /markupsafe/);
        assert.deepEqual(await aws().versions("changed-dev-deps"), [1]);

        const up = succeeded(await project.up());
        assert.deepEqual(resourceCounts(up), ["1 replaced", "1 unchanged"]);
        assert.equal((await stateOf(project)).id, versionArn(aws(), "changed-dev-deps", 2));
        assert.deepEqual(await aws().versions("changed-dev-deps"), [1, 2]);
        const folder = "lambda/changed-dev-deps/layer/";
        const owner = "changed/dev/PythonLayer/deps";
        assert.deepEqual(await holdersOf(aws(), "changed-dev-deps"), [
            `1 ${owner} kept`,
            `2 ${owner} current`,
        ]);
        assert.deepEqual(await aws().objectKeys(`${folder}00000`), [
            `${folder}000001/record.json`,
            `${folder}000001/uv.lock`,
            `${folder}000002/record.json`,
            `${folder}000002/uv.lock`,
        ]);
        assert.deepEqual(await aws().readObject(`${folder}000001/uv.lock`), before);
        assert.deepEqual(await aws().readObject(`${folder}000002/uv.lock`), after);

        await project.write({ "uv.lock": before });
        const revert = succeeded(await project.up());
        assert.match(revert.stdout, /took over version 1/);
        assert.deepEqual(await aws().versions("changed-dev-deps"), [1, 2]);
        const { id, outputs } = await stateOf(project);
        assert.equal(id, versionArn(aws(), "changed-dev-deps", 1));
        assert.ok(Number(outputs["uncompressedSize"]) > 0, "known from the record");
        assert.deepEqual(await holdersOf(aws(), "changed-dev-deps"), [
            `1 ${owner} current`,
            `2 ${owner} kept`,
        ]);

        // A destroy deletes the current version; the superseded one is kept.
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("changed-dev-deps"), [2]);
    });

    it("with the same dependencies is an update that refreshes the stored manifest", async () => {
        const { uvLock } = await lock();
        const commented = Buffer.concat([Buffer.from("# Run uv lock to change this.\n"), uvLock]);
        const project = await newProject({
            name: "commented",
            files: {
                "index.js": program(
                    `const deps = ${pythonLayer()}`,
                    "exports.parts = { arn: deps.arn, layerArn: deps.layerArn, version: deps.version };",
                ),
                "uv.lock": uvLock,
            },
        });
        succeeded(await project.up());
        const arn = versionArn(aws(), "commented-dev-deps", 1);
        const parts = { arn, layerArn: arn.slice(0, -":1".length), version: 1 };
        assert.deepEqual((await project.outputs())["parts"], parts);

        await project.write({ "uv.lock": commented });
        // What the id says is known all the same: to whatever uses it, nothing has changed.
        const preview = succeeded(await project.preview());
        assert.deepEqual(resourceCounts(preview), ["1 to update", "1 unchanged"]);
        assert.doesNotMatch(preview.stdout, /Outputs:/);
        const up = succeeded(await project.up());
        assert.deepEqual(resourceCounts(up), ["1 updated", "1 unchanged"]);
        assert.deepEqual((await project.outputs())["parts"], parts);
        assert.deepEqual(await aws().versions("commented-dev-deps"), [1]);
        const folder = "lambda/commented-dev-deps/layer/000001/";
        const [madeFrom, md5] = [uvLock, commented].map((bytes) =>
            createHash("md5").update(bytes).digest("hex"),
        );
        assert.deepEqual(await aws().readObject(`${folder}uv.lock`), commented);
        // The record goes on saying what the version was made from.
        const record = JSON.parse((await aws().readObject(`${folder}record.json`)).toString("utf8"));
        assert.equal(record.manifest.md5, madeFrom);
        const { id, outputs } = await stateOf(project);
        assert.equal(id, versionArn(aws(), "commented-dev-deps", 1));
        assert.equal(outputs["manifestMd5"], md5);
        assert.ok(Number(outputs["uncompressedSize"]) > 0, "no output is lost");
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);
    });

    it("with changeDetection md5 is a replacement, which finds that the version is there", async () => {
        const { uvLock } = await lock();
        const project = await newProject({
            name: "bytes",
            files: { "index.js": program(pythonLayer({ changeDetection: "md5" })), "uv.lock": uvLock },
        });
        succeeded(await project.up());
        await project.write({ "uv.lock": Buffer.concat([uvLock, Buffer.from("# reviewed\n")]) });
        const up = succeeded(await project.up());
        assert.deepEqual(resourceCounts(up), ["1 replaced", "1 unchanged"]);
        assert.deepEqual(await aws().versions("bytes-dev-deps"), [1]);
        assert.equal((await stateOf(project)).id, versionArn(aws(), "bytes-dev-deps", 1));
    });
});
