import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseLayerVersionArn } from "../../../provider/layerVersionArn";
import type { Props } from "../../../provider/props";
import { openCore } from "../../core";
import { createBucket, region, settingsFor, uniqueName, useEmulatedAws } from "../emulatedAws";
import { callCommandLine } from "./callCommandLine";
import { type SampleProject, startProject, toEmulator, useTestCredentials } from "./layers";

/** A resource as a state has it. */
interface Saved {
    readonly id: string;
    readonly props: Props;
}

const owner = (stack: string) =>
    `acme/urn:pulumi:${stack}::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::deps`;

describe("a layer that is repaired by hand", function () {
    this.timeout(120_000);
    const aws = useEmulatedAws();
    useTestCredentials();
    let project: SampleProject;
    before(async () => {
        project = await startProject();
    });
    after(() => project?.remove());

    /** A layer of its own, with what may be done to it. */
    const createLayer = async () => {
        const { name: bucket, s3 } = await createBucket(aws.clients);
        const layerName = uniqueName("deps");
        const command = (name: string, ...args: string[]) =>
            callCommandLine([name, ...args, "-b", bucket, "-l", layerName, ...toEmulator(aws.endpoint)], {
                folder: project.folder,
            });
        const inputsOf = async (stack: string, more: Props = {}) => {
            const core = openCore({ settings: settingsFor(aws.endpoint) });
            const { inputs, failures } = await core.layers.check(
                core.call,
                {},
                {
                    resourceType: "PythonLayer",
                    owner: owner(stack),
                    pythonVersion: "3.13",
                    region,
                    manifest: join(project.folder, "uv.lock"),
                    bucket,
                    layerName,
                    ...more,
                },
            );
            assert.deepEqual(failures, []);
            return { ...core, inputs };
        };
        const up = async (stack: string, version: string, more: Props = {}): Promise<Saved> => {
            await project.lock([{ name: "web", version }]);
            const { layers, call, inputs } = await inputsOf(stack, more);
            const { id, outs } = await layers.create(call, inputs);
            return { id, props: outs };
        };
        const update = async (stack: string, { id, props }: Saved): Promise<Saved> => {
            const { layers, call, inputs } = await inputsOf(stack);
            return { id, props: await layers.update(call, id, props, inputs) };
        };
        const exportOf = async (file: string, stack: string, resources: readonly Saved[]) => {
            const urn = `urn:pulumi:${stack}::shop::pulumi-nodejs:dynamic:Resource::deps`;
            const exported = resources.map(({ id, props }) => ({ urn, id, outputs: props }));
            const all = [
                { urn: `urn:pulumi:${stack}::shop::pulumi:pulumi:Stack::shop-${stack}` },
                ...exported,
            ];
            await writeFile(
                join(project.folder, file),
                JSON.stringify({ version: 3, deployment: { resources: all } }),
            );
            return file;
        };
        const versions = async (): Promise<number[]> => {
            const { paginateListLayerVersions } = await import("@aws-sdk/client-lambda");
            const listed: number[] = [];
            const pages = paginateListLayerVersions({ client: aws.clients.lambda }, { LayerName: layerName });
            for await (const { LayerVersions = [] } of pages) {
                listed.push(...LayerVersions.map(({ Version = 0 }) => Version));
            }
            return listed.sort();
        };
        const ledger = {
            Bucket: bucket,
            Key: `lambda/${layerName}/layer/ledger-000000000000-${region}.json`,
        };
        return { bucket, layerName, s3, command, up, update, exportOf, versions, ledger };
    };

    const numberOf = ({ id }: Saved) => parseLayerVersionArn(id).version;

    it("prune shows a hold that no state knows, and removes it only when asked", async () => {
        const layer = await createLayer();
        const ghost = await layer.up("prod", "1.0");
        const live = await layer.up("prod", "2.0");
        const other = await layer.up("dev", "3.0");
        const state = await layer.exportOf("prod.json", "prod", [live]);
        const shown = await layer.command("prune", "--state", state);
        assert.deepEqual([shown.exitCode, shown.errors], [0, ""]);
        const { createId } = ghost.props;
        assert.match(
            shown.output,
            new RegExp(
                `version ${numberOf(ghost)}, held by create ${createId} of shop/prod/\\S+: the state of its stack does not know it`,
            ),
        );
        assert.match(shown.output, /shop\/dev\/\S+: the state of its stack is not given/);
        assert.match(shown.output, /Nothing was changed\. With --yes it is done\./);
        assert.deepEqual(await layer.versions(), [ghost, live, other].map(numberOf));

        const done = await layer.command("prune", "--state", state, "--yes", "--json");
        assert.equal(done.exitCode, 0, done.errors);
        assert.deepEqual(
            JSON.parse(done.output).goes.map(({ createId }: { createId: string }) => createId),
            [createId],
        );
        assert.deepEqual(await layer.versions(), [live, other].map(numberOf));
        const again = await layer.command("prune", "--state", state, "--yes");
        assert.match(again.output, /has nothing that could go/);
    });

    it("prune lets nothing go that a given state has or names, and nothing without a state", async () => {
        const layer = await createLayer();
        const ghost = await layer.up("prod", "1.0");
        const live = await layer.up("prod", "2.0");
        const without = await layer.command("prune", "--yes", "--kept");
        assert.equal(without.exitCode, 0, without.errors);
        // A function that still has the layer.
        const user: Saved = { id: "function", props: { layers: [ghost.id] } };
        const state = await layer.exportOf("named.json", "prod", [live, user]);
        const done = await layer.command("prune", "--state", state, "--yes", "--kept");
        assert.match(done.output, /a given state names the version/);
        assert.deepEqual(await layer.versions(), [ghost, live].map(numberOf));
    });

    it("prune removes old zips that no version comes from, and no others", async () => {
        const layer = await createLayer();
        const live = await layer.up("prod", "1.0");
        const state = await layer.exportOf("zips.json", "prod", [live]);
        const { findArtifactsLeft } = await import("../../../provider/publish/store/artifactsLeft");
        const { layerStore } = await import("../../../provider/publish/layout");
        const { PutObjectCommand } = await import("@aws-sdk/client-s3");
        const key = `lambda/${layer.layerName}/layer/artifacts/left.zip`;
        await layer.s3.send(new PutObjectCommand({ Bucket: layer.bucket, Key: key, Body: "zip" }));
        const young = await layer.command("prune", "--state", state);
        assert.match(young.output, /has nothing that could go/);
        const bucket = {
            s3: layer.s3,
            name: layer.bucket,
            owner: "000000000000",
            signal: new AbortController().signal,
        };
        const store = layerStore(bucket, `lambda/${layer.layerName}/`);
        const later = Date.now() + 2 * 3_600_000;
        assert.deepEqual(await findArtifactsLeft(store, later), { keys: [key], unreadable: undefined });
        await layer.s3.send(new PutObjectCommand({ ...layer.ledger, Body: "rubbish" }));
        assert.deepEqual(await findArtifactsLeft(store, later), { keys: [], unreadable: layer.ledger.Key });
    });

    it("prune refuses a file that is no stack's export", async () => {
        const layer = await createLayer();
        await layer.up("prod", "1.0");
        for (const text of ["", "{}", '{"deployment":{"resources":[]}}', "[1]"]) {
            await writeFile(join(project.folder, "bad.json"), text);
            const { exitCode, errors } = await layer.command("prune", "--state", "bad.json", "--yes");
            assert.deepEqual([exitCode, errors.split(":")[0]], [1, "ARGUMENT_INVALID"], text);
        }
    });

    it("release lets go of one create, and leaves the version to others that hold it", async () => {
        const layer = await createLayer();
        const first = await layer.up("prod", "1.0");
        const second = await layer.up("dev", "1.0");
        assert.equal(numberOf(first), numberOf(second));
        const release = ({ props }: Saved) => layer.command("release", String(props["createId"]));
        assert.match((await release(first)).output, /of shop\/prod\/\S+ holds version 1 no more/);
        assert.deepEqual(await layer.versions(), [1]);
        assert.match((await release(first)).output, /holds nothing of layer/);
        assert.equal((await release(second)).exitCode, 0);
        assert.deepEqual(await layer.versions(), []);
        const none = await layer.command("release");
        assert.equal(none.exitCode, 2);
    });

    for (const what of ["lost", "damaged"] as const) {
        it(`rebuild makes a ${what} ledger anew; then the next update holds the version, and equal bytes share it`, async () => {
            const layer = await createLayer();
            const saved = await layer.up("prod", "1.0");
            const { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } = await import(
                "@aws-sdk/client-s3"
            );
            if (what === "lost") await layer.s3.send(new DeleteObjectCommand(layer.ledger));
            else await layer.s3.send(new PutObjectCommand({ ...layer.ledger, Body: "{" }));
            if (what === "damaged") {
                await assert.rejects(layer.update("prod", saved), /LEDGER_UNREADABLE[\s\S]*rebuild/);
            }
            const shown = await layer.command("rebuild");
            assert.deepEqual([shown.exitCode, shown.errors], [0, ""]);
            assert.match(shown.output, /Would make s3:.*\n {2}versions in it: 1\nNothing was changed/);
            const done = await layer.command("rebuild", "--yes");
            assert.match(done.output, /^Made s3:.*\n {2}versions in it: 1\n$/);
            const again = await layer.command("rebuild", "--yes");
            assert.match(again.errors, /^LEDGER_EXISTS: /);

            const { props } = await layer.update("prod", saved);
            assert.equal(props["createId"], saved.props["createId"]);
            assert.notEqual(props["epoch"], saved.props["epoch"]);
            assert.equal(numberOf(await layer.up("dev", "1.0")), 1);
            const answer = await layer.s3.send(new GetObjectCommand(layer.ledger));
            const { versions } = JSON.parse((await answer.Body?.transformToString()) ?? "");
            assert.equal(versions["1"].origin, "found");
            assert.equal(Object.keys(versions["1"].holders).length, 2);
        });
    }

    it("rebuild leaves a ledger of a newer release alone", async () => {
        const layer = await createLayer();
        await layer.up("prod", "1.0");
        const { PutObjectCommand } = await import("@aws-sdk/client-s3");
        await layer.s3.send(new PutObjectCommand({ ...layer.ledger, Body: '{"format":99}' }));
        const { exitCode, errors } = await layer.command("rebuild", "--yes");
        assert.equal(exitCode, 1);
        assert.match(errors, /^LEDGER_UNREADABLE: .*newer release/);
    });

    it("history tells the creates and the way of each resource", async () => {
        const layer = await createLayer();
        const first = await layer.up("prod", "1.0");
        const second = await layer.up("prod", "2.0");
        const { output } = await layer.command("history", "--json");
        const [{ owner: name, versions }] = JSON.parse(output).resources;
        assert.equal(name, "shop/prod/PythonLayer/deps");
        assert.deepEqual(
            versions.map(({ createId, use }: { createId: string; use: string }) => [createId, use]),
            [
                [first.props["createId"], "older"],
                [second.props["createId"], "current"],
            ],
        );
        assert.equal(versions[1].changes.changed[0].name, "web");
    });
});
