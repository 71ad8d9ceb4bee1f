import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import fc from "fast-check";
import { parseOwner } from "../../provider/owner";
import { extended } from "../../scripts/testStages";
import { defaultAccount, type StrictAws, startStrictAws } from "../strictAws";
import { addBucket, store } from "../strictAws/state";
import { clientsAt, layerZip, region, settingsFor } from "../unit/emulatedAws";
import { createModel, ExpectedFailure, type ModelStack, type Settings } from "./model";
import { configure, enter } from "./place";
import { quietly } from "./quiet";
import { createStack, type Declared, type SimulatedStack } from "./simulatedEngine";
import { ledgersIn } from "./strictTests";

/** Steps that are played at least, in the run of every day and in a long one. */
const lengths = [
    { label: "", enough: 500 },
    { label: `, ${extended}`, enough: Number(process.env["PLL_MODEL_STEPS"] ?? 4000) },
];

const bucketName = "model-artifacts";
const variants = [0, 1, 2];

type Step =
    | {
          readonly kind: "up";
          readonly stack: number;
          readonly resource: number;
          readonly patch: Partial<Settings>;
      }
    | {
          readonly kind: "rename";
          readonly stack: number;
          readonly alias: boolean;
          readonly patch: Partial<Settings>;
      }
    | { readonly kind: "second"; readonly stack: number }
    | { readonly kind: "destroy" | "refresh"; readonly stack: number }
    | { readonly kind: "deleted by hand"; readonly version: number }
    | { readonly kind: "other publisher"; readonly layer: string };

const settings = (): fc.Arbitrary<Partial<Settings>> =>
    fc.record(
        {
            layer: fc.constantFrom("alpha", "alpha", "beta"),
            variant: fc.constantFrom(...variants),
            description: fc.constantFrom(0, 0, 1),
            keepVersions: fc.constantFrom<number | "all">("all", 0, 1, 2),
            forceDestroy: fc.boolean(),
            permissions: fc.constantFrom(
                undefined,
                ["111111111111"],
                ["*", "222222222222"],
                ["o-abcdefghij"],
            ),
            deleteBeforeReplace: fc.constantFrom(false, false, true),
        },
        { requiredKeys: [] },
    );

const stack = fc.constantFrom(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
    {
        weight: 8,
        arbitrary: fc.record({
            kind: fc.constant("up" as const),
            stack,
            resource: fc.constantFrom(0, 0, 1),
            patch: settings(),
        }),
    },
    {
        weight: 2,
        arbitrary: fc.record({
            kind: fc.constant("rename" as const),
            stack,
            alias: fc.boolean(),
            patch: settings(),
        }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("second" as const), stack }) },
    {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constantFrom("destroy" as const, "refresh" as const), stack }),
    },
    {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("deleted by hand" as const), version: fc.nat(20) }),
    },
    {
        weight: 1,
        arbitrary: fc.record({
            kind: fc.constant("other publisher" as const),
            layer: fc.constantFrom("alpha", "beta"),
        }),
    },
);

interface ProgramResource {
    name: string;
    settings: Settings;
}

describe("the life cycle", () => {
    let aws: StrictAws;
    let folder: string;
    let runs = 0;

    before(async () => {
        aws = await startStrictAws();
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-model-"));
        enter(folder);
        configure(settingsFor(aws.endpoint), { secondLook: 1 });
        addBucket(aws.state, { name: bucketName, region, account: defaultAccount });
        for (const variant of variants) {
            await writeFile(join(folder, `requirements-${variant}.txt`), `demo==${variant}\n`);
            await writeFile(join(folder, `layer-${variant}.zip`), layerZip(String(variant)));
        }
    });

    after(async () => {
        await aws.stop();
        await rm(folder, { recursive: true, force: true });
    });

    for (const { label, enough } of lengths) {
        it(`keeps to the model through any sequence of runs${label}`, async function () {
            this.timeout(600_000);
            await playUntil(enough);
        });
    }

    async function playUntil(enough: number): Promise<void> {
        let steps = 0;
        const check = async (sequence: readonly Step[]) => {
            steps += sequence.length;
            runs += 1;
            aws.state.buckets.get(bucketName)?.objects.clear();
            aws.state.layers.clear();
            await quietly(() => play(sequence, aws, `run${runs}`));
        };
        const sequences = fc.array(step, { minLength: 3, maxLength: 16 });
        while (steps < enough) {
            const { seed } = fc.readConfigureGlobal();
            // A seed that is given, see `propertySeed.ts`, is moved on: otherwise each turn would be the first one again.
            const moved = seed === undefined ? {} : { seed: seed + runs };
            await fc.assert(fc.asyncProperty(sequences, check), { numRuns: 20, ...moved });
        }
        console.log(`      ${steps} steps in ${runs} sequences`);
    }
});

async function play(sequence: readonly Step[], aws: StrictAws, project: string): Promise<void> {
    const clients = await clientsAt(aws.endpoint);
    const bucket = aws.state.buckets.get(bucketName);
    assert.ok(bucket !== undefined);
    const model = createModel();
    const stacks: { real: SimulatedStack; model: ModelStack; program: ProgramResource[]; serial: number }[] =
        ["dev", "production"].map((name) => ({
            real: createStack(project, name),
            model: { resources: new Map(), pendingDeletes: [] },
            program: [{ name: "deps", settings: { ...initial } }],
            serial: 0,
        }));
    const strangers = [
        "lambda/alpha/layer/artifacts/notes.txt",
        "lambda/alpha/layer/history.txt",
        "lambda/other/layer/000001/record.json",
    ];
    for (const key of strangers) {
        store(aws.state, bucket, key, {
            body: Buffer.from("of others"),
            metadata: {},
            contentType: "text/plain",
        });
    }

    const up = async (target: (typeof stacks)[number], aliases: ReadonlyMap<string, string> = new Map()) => {
        const program = target.program.map(({ name, settings: given }): Declared => {
            const alias = aliases.get(name);
            return {
                name,
                args: argumentsOf(given),
                ...(alias === undefined ? {} : { alias }),
                deleteBeforeReplace: given.deleteBeforeReplace,
            };
        });
        const outcome = await target.real.up(program);
        let expected: unknown;
        try {
            model.up(
                target.model,
                program.map((declared, position) => ({
                    name: declared.name,
                    owner: target.real.ownerOf(declared),
                    ...(declared.alias === undefined ? {} : { alias: declared.alias }),
                    settings: target.program[position]?.settings ?? initial,
                })),
            );
        } catch (error) {
            if (!(error instanceof ExpectedFailure)) {
                throw error;
            }
            expected = error;
        }
        if (expected === undefined) {
            assert.equal(outcome.error?.message, undefined);
        } else {
            assert.match(outcome.error?.message ?? "", /does not exist any more/);
        }
    };

    for (const each of sequence) {
        aws.state.clock += 1000;
        switch (each.kind) {
            case "up": {
                const target = stacks[each.stack];
                const resource = target?.program[each.resource] ?? target?.program[0];
                if (target !== undefined && resource !== undefined) {
                    resource.settings = { ...resource.settings, ...each.patch };
                    await up(target);
                }
                break;
            }
            case "rename": {
                const target = stacks[each.stack];
                const resource = target?.program[0];
                if (target !== undefined && resource !== undefined) {
                    target.serial += 1;
                    const former = resource.name;
                    resource.name = `deps${target.serial}`;
                    resource.settings = { ...resource.settings, ...each.patch };
                    await up(target, each.alias ? new Map([[resource.name, former]]) : new Map());
                }
                break;
            }
            case "second": {
                const target = stacks[each.stack];
                if (target !== undefined) {
                    if (target.program.length === 1) {
                        target.program.push({ name: "extra", settings: { ...initial, variant: 1 } });
                    } else {
                        target.program.pop();
                    }
                    await up(target);
                }
                break;
            }
            case "destroy":
            case "refresh": {
                const target = stacks[each.stack];
                if (target !== undefined) {
                    const outcome = await target.real[each.kind]();
                    model[each.kind](target.model);
                    assert.equal(outcome.error?.message, undefined);
                }
                break;
            }
            case "deleted by hand": {
                const alive = model.versions.filter((version) => version.alive);
                const chosen = alive[each.version % Math.max(1, alive.length)];
                if (chosen !== undefined) {
                    model.deleteByHand(chosen);
                    aws.state.layers
                        .get(`${defaultAccount}/${region}/${chosen.layer}`)
                        ?.versions.delete(chosen.version);
                }
                break;
            }
            case "other publisher": {
                const { version } = model.publishForeign(each.layer);
                const made = await clients.lambda.send(
                    new PublishLayerVersionCommand({
                        LayerName: each.layer,
                        Content: { ZipFile: layerZip("foreign") },
                    }),
                );
                assert.equal(made.Version, version);
                const stored = aws.state.layers
                    .get(`${defaultAccount}/${region}/${each.layer}`)
                    ?.versions.get(version);
                stored?.statements.set("theirs", { Sid: "theirs" });
                break;
            }
        }
        assertAgrees(aws, model, stacks);
        for (const key of strangers) {
            assert.ok(bucket.objects.has(key), `${key} of others is gone`);
        }
    }
}

const initial: Settings = {
    layer: "alpha",
    variant: 0,
    description: 0,
    keepVersions: "all",
    forceDestroy: false,
    permissions: undefined,
    deleteBeforeReplace: false,
};

function argumentsOf(given: Settings): Record<string, unknown> {
    return {
        layerName: given.layer,
        manifest: `requirements-${given.variant}.txt`,
        content: { zipFile: `layer-${given.variant}.zip` },
        bucket: bucketName,
        ...(given.description === 0 ? {} : { description: `description ${given.description}` }),
        ...(given.keepVersions === "all" ? {} : { keepVersions: given.keepVersions }),
        ...(given.forceDestroy ? { forceDestroy: true } : {}),
        ...(given.permissions === undefined ? {} : { permissions: given.permissions }),
    };
}

const sha256 = (variant: number) =>
    createHash("sha256")
        .update(layerZip(String(variant)))
        .digest("base64");

function assertAgrees(
    aws: StrictAws,
    model: ReturnType<typeof createModel>,
    stacks: readonly { real: SimulatedStack; model: ModelStack }[],
): void {
    const bucket = aws.state.buckets.get(bucketName);
    for (const layerName of ["alpha", "beta"]) {
        const layer = aws.state.layers.get(`${defaultAccount}/${region}/${layerName}`);
        const expected = model.versions.filter(({ layer: each, alive }) => each === layerName && alive);
        assert.deepEqual(
            [...(layer?.versions.keys() ?? [])],
            expected.map(({ version }) => version),
            `versions of ${layerName}`,
        );
        const ledger = bucket && ledgersIn(bucket).find((each) => each.layer.endsWith(`:${layerName}`));
        for (const version of expected) {
            const about = `of version ${version.version} of ${layerName}`;
            const entry = ledger?.versions.get(version.version);
            const use = (isCurrent: boolean) => (isCurrent ? "current" : "kept");
            assert.deepEqual(
                [...(entry?.holders.values() ?? [])].map((each) => `${each.owner} ${each.use}`).sort(),
                version.holders
                    .map(({ owner, isCurrent }) => `${parseOwner(owner).holder} ${use(isCurrent)}`)
                    .sort(),
                `holders ${about}`,
            );
            const folder = `lambda/${layerName}/layer/${String(version.version).padStart(6, "0")}/`;
            const files = [...(bucket?.objects.keys() ?? [])].filter((key) => key.startsWith(folder));
            assert.equal(files.length, version.known ? 2 : 0, `files ${about}`);
            const wanted = version.holders.flatMap(({ settings }) => settings.permissions ?? []);
            const sids = [...(layer?.versions.get(version.version)?.statements.keys() ?? [])]
                .map((sid) => sid.replace(/^pulumi-lambda-layer-[0-9a-f]{8}-/, "ours "))
                .filter((sid) => !/^ours (?:even|odd)$/.test(sid));
            assert.deepEqual(
                sids.sort(),
                [
                    ...new Set(wanted.map((grantee) => `ours ${grantee === "*" ? "everyone" : grantee}`)),
                    ...(version.key === "foreign" ? ["theirs"] : []),
                ].sort(),
                `statements ${about}`,
            );
        }
    }
    for (const { real, model: expected } of stacks) {
        assert.deepEqual(
            [...real.resources.values()]
                .map(({ urn, id }) => [urn.slice(urn.lastIndexOf(":") + 1), id.split(":").slice(-2)])
                .sort(),
            [...expected.resources]
                .map(([name, { version }]) => [name, [version.layer, String(version.version)]])
                .sort(),
            "state",
        );
        for (const saved of real.resources.values()) {
            const variant = Number(/-(\d)\.txt$/.exec(String(saved.outputs["manifest"]))?.[1]);
            assert.equal(saved.outputs["codeSha256"], sha256(variant));
            assert.equal(saved.unfinished, false);
        }
        assert.equal(real.pendingDeletes.length, expected.pendingDeletes.length);
    }
}
