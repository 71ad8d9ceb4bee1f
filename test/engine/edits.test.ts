import assert from "node:assert/strict";
import { type ManifestKind, manifestKinds } from "../../provider/manifest";
import { environment, startMinistack } from "../../scripts/emulator";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import type { LocalServer } from "../unit/build/localServer";
import { type MadeEdit, makeEdit } from "./editedManifests";
import { type EditName, editNames, edits, verdictOf } from "./edits";
import { bucketName, type EmulatedAws, openEmulatedAws } from "./emulatedAws";
import { awsConfig, createLayerProject, program } from "./layerProject";
import { previewedVerdicts } from "./previewedVerdicts";
import { startSampleIndex } from "./sampleManifests";

describe("edits of a manifest, as the engine sees them", function () {
    this.timeout(300_000);
    let aws: EmulatedAws;
    let index: LocalServer;
    before(async () => {
        index = await startSampleIndex();
        aws = await openEmulatedAws(await startMinistack());
    });
    after(async () => {
        await aws?.emulator.stop();
        await index?.close();
    });

    for (const kind of manifestKinds) {
        describe(kind, () => {
            const names = editNames.filter((name) => verdictOf(name, kind) !== undefined);
            let project: PulumiProject | undefined;
            let verdicts: Awaited<ReturnType<typeof previewedVerdicts>>;

            // One stack with a layer for each edit: one `up` before, one preview after.
            before(async () => {
                const made = new Map<EditName, MadeEdit>();
                for (const name of names) made.set(name, await makeEdit(name, kind, index.origin));
                project = await createLayerProject(aws, {
                    name: "edits",
                    environment: { ...environment(), INDEX_USER: "reader", INDEX_PASSWORD: "open" },
                    files: { "index.js": layersOf(kind), ...filesOf(made, "before") },
                });
                succeeded(await project.up());
                // Nothing listens on port 9: a preview asks nobody.
                const closed = { config: awsConfig("http://127.0.0.1:9") };
                await project.write({ "Pulumi.dev.yaml": JSON.stringify(closed), ...filesOf(made, "after") });
                verdicts = await previewedVerdicts(project);
            });
            after(() => project?.remove());

            for (const name of names) {
                const expected = verdictOf(name, kind);
                it(`${edits[name].title}: ${expected}`, () =>
                    assert.equal(verdicts.get(name) ?? "nothing", expected));
            }
        });
    }
});

/** A program with the layers that a file beside it names. */
const layersOf = (kind: ManifestKind): string =>
    program(
        'const layers = require("./layers.json");',
        `const common = { bucket: "${bucketName}", pythonVersion: "3.13" };`,
        "for (const [name, args] of Object.entries(layers)) {",
        `    new PythonLayer(name, { manifest: name + "/${kind}", ...common, ...args });`,
        "}",
    );

function filesOf(
    made: ReadonlyMap<EditName, MadeEdit>,
    side: "before" | "after",
): Readonly<Record<string, string>> {
    const files: Record<string, string> = {};
    const layers: Record<string, unknown> = {};
    for (const [name, edit] of made) {
        for (const [path, content] of Object.entries(edit[side].files)) files[`${name}/${path}`] = content;
        layers[name] = edit[side].args;
    }
    return { ...files, "layers.json": JSON.stringify(layers) };
}
