import assert from "node:assert/strict";
import { store } from "../strictAws/state";
import { uniqueName } from "../unit/emulatedAws";
import { quietly } from "./quiet";
import { createStack, type Declared } from "./simulatedEngine";
import { failure, only, succeed, usedIn, useStrictAws } from "./strictTests";

describe("what is kept", function () {
    this.timeout(60_000);
    const strict = useStrictAws();
    type Args = Readonly<Record<string, unknown>>;
    const archive = (variant: number, args: Args): Declared => ({
        name: "deps",
        args: strict.project.zip(variant, args),
    });
    const python = (variant: number, args: Args): Declared => ({
        name: "deps",
        type: "PythonLayer",
        args: strict.project.python(variant, args),
    });
    /** Who is permitted, but for the layer's own account: a ledger's mark permits it what it may do anyway. */
    const statements = (layerName: string, version: number) =>
        [...(strict.layer(layerName)?.versions.get(version)?.statements.values() ?? [])]
            .filter(({ Sid }) => !/-(?:even|odd)$/.test(String(Sid)))
            .map(({ Principal, Condition }) => JSON.stringify(Condition ?? Principal))
            .sort();

    it("has its permissions on the current and every kept version: added, changed, taken back, repaired", async () => {
        const layerName = uniqueName("permitted");
        const bucket = strict.bucket().name;
        const stack = createStack("permitted", "dev");
        const declared = (variant: number, permissions?: readonly string[]) =>
            archive(variant, {
                layerName,
                bucket,
                ...(permissions === undefined ? {} : { permissions }),
            });
        await succeed(() => stack.up([declared(0)]));
        await succeed(() => stack.up([declared(1, ["111111111111"])]));
        const account = ['{"AWS":"arn:aws:iam::111111111111:root"}'];
        assert.deepEqual(
            [1, 2].map((version) => statements(layerName, version)),
            [account, account],
        );
        // Somebody's own statement is nobody else's business.
        strict
            .layer(layerName)
            ?.versions.get(1)
            ?.statements.set("by-hand", { Sid: "by-hand", Principal: "hand" });
        await succeed(() => stack.up([declared(1, ["*", "o-abcdefghij"])]));
        const everyone = ['"*"', '{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}'];
        assert.deepEqual(statements(layerName, 1), ['"*"', '"hand"', everyone[1]]);
        assert.deepEqual(statements(layerName, 2), everyone);
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        assert.deepEqual(await succeed(() => stack.up([declared(1, ["*", "o-abcdefghij"])])), []);
        for (const version of [2, 1]) {
            const kept = strict.layer(layerName)?.versions.get(version)?.statements;
            kept?.delete([...kept.keys()].find((sid) => sid.endsWith("-everyone")) ?? "");
            await succeed(() => stack.refresh());
            assert.deepEqual(await succeed(() => stack.up([declared(1, ["*", "o-abcdefghij"])])), [
                "update deps",
            ]);
            assert.ok(statements(layerName, version).includes('"*"'), `version ${version}`);
        }
        await succeed(() => stack.up([declared(1)]));
        assert.deepEqual(
            [1, 2].map((version) => statements(layerName, version)),
            [['"hand"'], []],
        );
        assert.deepEqual(strict.versions(layerName), [1, 2]);
    });

    it("takes back what it granted on a layer that it left, when it comes back without permissions", async () => {
        const [layerName, elsewhere] = [uniqueName("left"), uniqueName("elsewhere")];
        const bucket = strict.bucket().name;
        const stack = createStack("returned", "dev");
        const permissions = ["*"];
        await succeed(() => stack.up([archive(0, { layerName, bucket, permissions })]));
        await succeed(() => stack.up([archive(1, { layerName, bucket, permissions })]));
        await succeed(() => stack.up([archive(1, { layerName: elsewhere, bucket })]));
        assert.deepEqual(
            [1, 2].map((version) => statements(layerName, version)),
            [['"*"'], ['"*"']],
            "kept versions keep their permissions",
        );
        await succeed(() => stack.up([archive(1, { layerName, bucket })]));
        assert.deepEqual(
            [1, 2].map((version) => statements(layerName, version)),
            [[], []],
        );
    });

    it("takes it back also when that fails at first, and does not pass over a refusal", async () => {
        const [layerName, elsewhere] = [uniqueName("left"), uniqueName("elsewhere")];
        const bucket = strict.bucket().name;
        const stack = createStack("refused", "dev");
        await succeed(() => stack.up([archive(0, { layerName, bucket, permissions: ["*"] })]));
        await succeed(() => stack.up([archive(0, { layerName: elsewhere, bucket })]));
        strict.aws.state.denied.add("lambda:RemoveLayerVersionPermission");
        const denied = await failure(() => stack.up([archive(0, { layerName, bucket })]));
        strict.aws.state.denied.clear();
        assert.match(denied, /ACCESS_DENIED: lambda:RemoveLayerVersionPermission/);
        assert.deepEqual(statements(layerName, 1), ['"*"']);
        assert.deepEqual(await succeed(() => stack.up([archive(0, { layerName, bucket })])), [
            "update deps",
            "delete deps",
        ]);
        assert.deepEqual(statements(layerName, 1), []);
        assert.deepEqual(await succeed(() => stack.up([archive(0, { layerName, bucket })])), []);
    });

    it("comes to a layer that exists without a right to its permissions, which only they need", async () => {
        const layerName = uniqueName("shared");
        const bucket = strict.bucket().name;
        await succeed(() => createStack("first", "dev").up([archive(0, { layerName, bucket })]));
        strict.aws.state.denied.add("lambda:GetLayerVersionPolicy");
        try {
            await succeed(() => createStack("second", "dev").up([archive(0, { layerName, bucket })]));
            await succeed(() => createStack("third", "dev").up([archive(1, { layerName, bucket })]));
        } finally {
            strict.aws.state.denied.clear();
        }
        assert.deepEqual(strict.versions(layerName), [1, 2]);
    });

    it("heals after a refresh with the least change: manifest, record, ledger, version", async () => {
        const layerName = uniqueName("drifted");
        const bucket = strict.bucket();
        const stack = createStack("drifted", "dev");
        const declared = python(0, { layerName, bucket: bucket.name });
        await succeed(() => stack.up([declared]));
        const whole = [...bucket.objects.keys()].sort();
        for (const part of ["uv-0.lock", "record.json", "ledger-"]) {
            const key = whole.find((each) => each.includes(part)) ?? "";
            bucket.objects.delete(key);
            await succeed(() => stack.refresh());
            assert.deepEqual(await succeed(() => stack.up([declared])), ["update deps"], part);
            assert.deepEqual([...bucket.objects.keys()].sort(), whole);
            assert.deepEqual(strict.versions(layerName), [1]);
        }
        strict.layer(layerName)?.versions.delete(1);
        assert.deepEqual(await succeed(() => stack.refresh()), ["gone deps"]);
        assert.deepEqual(await succeed(() => stack.up([declared])), ["create deps"]);
        assert.deepEqual(strict.versions(layerName), [2]);
        strict.aws.state.denied.add("lambda:GetLayerVersion");
        const denied = await failure(() => stack.refresh());
        strict.aws.state.denied.clear();
        assert.match(denied, /^ACCESS_DENIED/);
        assert.equal(stack.resources.size, 1);
    });

    it("moves with the bucket and the prefix, and is deleted by neither place from then on", async () => {
        const layerName = uniqueName("moved");
        const [first, second, third] = [strict.bucket(), strict.bucket(), strict.bucket()];
        const stack = createStack("moved", "dev");
        const declared = (variant: number, bucket: string, more: object = {}) =>
            archive(variant, { layerName, bucket, ...more });
        for (const variant of [0, 1, 2]) {
            await succeed(() => stack.up([declared(variant, first.name)]));
        }
        const told: string[] = [];
        const { steps } = await quietly(() => stack.up([declared(2, second.name)]), told);
        assert.deepEqual(steps, ["update deps"]);
        assert.match(told.join("\n"), /kept version 1:/);
        assert.deepEqual(usedIn(first), []);
        assert.deepEqual(usedIn(second), [3]);
        const records = () => [...second.objects.keys()].filter((key) => key.endsWith("record.json"));
        assert.equal(records().length, 1);
        await succeed(() => stack.refresh());
        assert.equal(only(stack).outputs["records"], undefined, "nothing is missing");
        for (const [prefix, folder] of [
            ["elsewhere", "elsewhere/layer/"],
            ["/", "layer/"],
            [undefined, `lambda/${layerName}/layer/`],
        ] as const) {
            await succeed(() => stack.up([declared(2, second.name, { prefix })]));
            assert.ok(
                records().some((key) => key.startsWith(folder)),
                folder,
            );
            assert.deepEqual(await succeed(() => stack.refresh()), []);
            assert.deepEqual(await succeed(() => stack.up([declared(2, second.name, { prefix })])), []);
        }
        // Two ledgers know of the version, and neither knows all who use it.
        await succeed(() => stack.up([declared(0, second.name, { keepVersions: 0 })]));
        assert.deepEqual(strict.versions(layerName), [1, 2, 3, 4]);
        strict.aws.state.buckets.delete(second.name);
        await succeed(() => stack.refresh());
        assert.deepEqual(await succeed(() => stack.up([declared(0, third.name)])), ["update deps"]);
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), [1, 2, 3, 4]);
    });

    it("is deleted only once all that uses it has moved, also in the run after one that ended in between", async () => {
        const layerName = uniqueName("moving");
        const bucket = strict.bucket().name;
        const stack = createStack("moving", "dev");
        const declared = (variant: number, more: object = {}) =>
            archive(variant, { layerName, bucket, ...more });
        // What comes after the layer in the program, and fails: a function, say.
        const failing: Declared = { name: "later", args: strict.project.zip(9, { layerName: "later" }) };
        await succeed(() => stack.up([declared(0)]));
        await failure(() => stack.up([declared(1, { keepVersions: 0 }), failing]));
        assert.deepEqual(strict.versions(layerName), [1, 2]);
        await failure(() => stack.up([declared(1, { keepVersions: 0, forceDestroy: true }), failing]));
        assert.deepEqual(strict.versions(layerName), [1, 2]);
        await succeed(() => stack.up([declared(1, { keepVersions: 0, forceDestroy: true })]));
        assert.deepEqual(strict.versions(layerName), [2]);
    });

    it("is said: before, what becomes of a version; then which went, which stay, and who uses them", async () => {
        const layerName = uniqueName("said");
        const bucket = strict.bucket().name;
        const [stack, other] = [createStack("said", "dev"), createStack("said", "other")];
        const said = async (run: () => Promise<unknown>) => {
            const lines: string[] = [];
            await quietly(run, lines);
            return lines
                .map((line) => line.slice(line.indexOf(": ") + 2))
                .filter((line) => !/^(?:published|took over|\d changed)/.test(line));
        };
        const up = (variant: number, keepVersions?: number) => () =>
            stack.up([
                python(variant, {
                    layerName,
                    bucket,
                    ...(keepVersions === undefined ? {} : { keepVersions }),
                }),
            ]);
        const keeps = (version: number) =>
            `kept version ${version}: functions may still use it (keepVersions)`;
        await said(up(0));
        assert.deepEqual(await said(up(1)), ["version 1 will be kept", keeps(1)]);
        assert.deepEqual(await said(up(2, 1)), [
            "version 2 will be kept; of the superseded ones the newest 1 stay (keepVersions: 1)",
            "deleted version 1",
            keeps(2),
        ]);
        await said(() => other.up([python(2, { layerName, bucket })]));
        assert.deepEqual(await said(up(3, 0)), [
            "version 3 will be deleted at the end, unless somebody else uses it (keepVersions: 0)",
            "deleted version 2",
            "kept version 3: said/other/PythonLayer/deps uses it",
        ]);
        assert.deepEqual(await said(up(0)), ["version 4 will be kept", keeps(4)]);
        assert.deepEqual(await said(() => stack.destroy()), [
            "kept version 4 too: superseded versions stay, unless forceDestroy is true",
            "deleted version 5",
        ]);
        assert.deepEqual(await said(() => other.destroy()), ["deleted version 3"]);
        assert.deepEqual(strict.versions(layerName), [4]);
    });

    it("is found in its own region, whatever the stack's is by then", async () => {
        const layerName = uniqueName("region");
        const stack = createStack("region", "dev");
        const declared = archive(0, { layerName, bucket: strict.bucket().name });
        await succeed(() => stack.up([declared]));
        strict.configure({ "aws:region": "us-east-1" });
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        assert.equal(stack.resources.size, 1);
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), []);
    });

    it("stays with others who use it in the old place", async () => {
        const layerName = uniqueName("left");
        const [first, second] = [strict.bucket(), strict.bucket()];
        const [mover, other] = [createStack("left", "mover"), createStack("left", "other")];
        const declared = (bucket: string, more: object = {}) => archive(0, { layerName, bucket, ...more });
        await succeed(() => mover.up([declared(first.name)]));
        await succeed(() => other.up([declared(first.name)]));
        await succeed(() => mover.up([declared(second.name, { forceDestroy: true })]));
        await succeed(() => mover.destroy());
        assert.deepEqual(strict.versions(layerName), [1]);
        assert.deepEqual(usedIn(first), [1]);
        await succeed(() => other.destroy());
        // The place that the mover went to might know of others.
        assert.deepEqual(strict.versions(layerName), [1]);
    });

    it("is not touched by what stands beside it in the bucket", async () => {
        const bucket = strict.bucket();
        const layerName = uniqueName("beside");
        const folder = `lambda/${layerName}/layer/`;
        const strange = ["notes.txt", "artifacts/other.zip", "000009/README", "last-uv.lock"].map(
            (name) => folder + name,
        );
        for (const key of strange) {
            store(strict.aws.state, bucket, key, {
                body: Buffer.from("theirs"),
                metadata: {},
                contentType: "text/plain",
            });
        }
        const stack = createStack("beside", "dev");
        const declared = (variant: number) =>
            python(variant, {
                layerName,
                bucket: bucket.name,
                keepVersions: 0,
                forceDestroy: true,
            });
        await succeed(() => stack.up([declared(0)]));
        await succeed(() => stack.up([declared(1)]));
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), []);
        assert.deepEqual([...bucket.objects.keys()].sort(), [...strange].sort());
    });
});
