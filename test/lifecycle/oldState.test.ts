import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { configure } from "../../provider/awsAccess";
import { provider } from "../../provider/provider";
import { repository } from "../../scripts/cacheFolder";
import { defaultAccount, type StrictAws, startStrictAws } from "../strictAws";
import { addBucket } from "../strictAws/state";
import { layerZip, region, settingsFor } from "../unit/emulatedAws";
import { quietly } from "./quiet";
import { createStack, type Declared } from "./simulatedEngine";
import { only, succeed } from "./strictTests";

/** A resource as a release left it in a stack's state, with the program that made it. Never changed afterwards. */
interface OldState {
    readonly declared: Declared;
    readonly id: string;
    readonly inputs: Record<string, unknown>;
    readonly outputs: Record<string, unknown>;
}

/** What follows from the id or from other inputs, and is written down no more. */
const following: ReadonlySet<string> = new Set(["layerArn", "version", "resourceType", "records"]);

const fixtures = path.join(repository, "test/fixtures/state");

describe("a state of an earlier release", function () {
    this.timeout(60_000);
    let aws: StrictAws;
    const startedIn = process.cwd();
    before(async () => {
        aws = await startStrictAws();
        configure(settingsFor(aws.endpoint, { "aws:maxRetries": "2" }));
    });
    after(async () => {
        process.chdir(startedIn);
        await aws.stop();
    });

    it("is read, compared, updated and deleted by this one", async () => {
        const releases = await readdir(fixtures);
        assert.ok(releases.length > 0);
        for (const release of releases) {
            process.chdir(path.join(fixtures, release));
            for (const file of (await readdir(".")).filter((name) =>
                /^(?:PythonLayer|LayerVersion).*\.json$/.test(name),
            )) {
                await live(JSON.parse(await readFile(file, "utf8")) as OldState, `${release}/${file}`);
            }
        }
    });

    it("of a newer release is neither read, updated nor deleted, and the message says to upgrade", async () => {
        const id = `arn:aws:lambda:${region}:${defaultAccount}:layer:newer:1`;
        const state = { layerName: "newer", region, owner: "organization/urn", schemaVersion: 1000 };
        const runs: readonly (() => Promise<unknown>)[] = [
            () => provider.read(id, state),
            () => provider.diff(id, state, state),
            () => provider.update(id, state, state),
            () => provider.delete(id, state),
        ];
        for (const run of runs) {
            await assert.rejects(quietly(run), {
                message: /^STATE_UNSUPPORTED: .*newer release.*→ Upgrade/s,
            });
        }
    });

    async function live({ declared, id, inputs, outputs }: OldState, what: string): Promise<void> {
        const [, layerName = ""] = /:layer:([^:]+):1$/.exec(id) ?? [];
        addBucket(aws.state, { name: "layer-artifacts", region, account: defaultAccount });
        const code = layerZip("old");
        aws.state.layers.set(`${defaultAccount}/${region}/${layerName}`, {
            last: 1,
            versions: new Map([
                [
                    1,
                    {
                        version: 1,
                        createdDate: String(outputs["createdDate"]),
                        description: "",
                        licenseInfo: undefined,
                        compatibleRuntimes: [],
                        compatibleArchitectures: [],
                        code,
                        codeSha256: String(outputs["codeSha256"]),
                        reference: undefined,
                        statements: new Map(),
                    },
                ],
            ]),
        });
        const stack = createStack("app", "dev");
        const owner = stack.ownerOf(declared);
        assert.equal(inputs["owner"], owner, what);
        const urn = owner.slice("organization/".length);
        stack.resources.set(urn, { urn, id, inputs, outputs, unfinished: false });

        assert.deepEqual(await succeed(() => stack.up([declared])), [], `${what}: nothing changed`);
        await succeed(() => stack.refresh());
        assert.match(String(only(stack).inputs["records"]), /missing/);
        assert.deepEqual(
            await succeed(() => stack.up([declared])),
            ["update deps"],
            `${what}: the records are gone`,
        );
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        assert.deepEqual(await succeed(() => stack.up([declared])), [], `${what}: healed`);
        assert.deepEqual(
            Object.keys(outputs).filter(
                (name) =>
                    !following.has(name) &&
                    !(name === "prefix" && outputs[name] === `lambda/${layerName}/`) &&
                    only(stack).outputs[name] === undefined,
            ),
            [],
            `${what}: outputs that got lost`,
        );
        const changed = { ...inputs, description: "another" };
        assert.deepEqual((await quietly(() => provider.diff(id, outputs, changed))).replaces, [
            "description",
        ]);
        await succeed(() => stack.destroy());
        assert.equal(
            aws.state.layers.get(`${defaultAccount}/${region}/${layerName}`)?.versions.size,
            0,
            what,
        );
    }
});
