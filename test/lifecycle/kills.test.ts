import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { GetLayerVersionPolicyCommand, ListLayerVersionsCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { withInternals } from "../../provider/layer/internals";
import { isProblem, parseLedger } from "../../provider/publish/ledger/format";
import { type Holding, holdings } from "../../provider/publish/ledger/ledger";
import { repository } from "../../scripts/cacheFolder";
import type { Emulator } from "../../scripts/emulator";
import { emulators } from "../emulators";
import { type Fault, type FaultProxy, type ProxiedRequest, startFaultProxy } from "../faultProxy";
import { awsSettings, clientsAt, createBucket, settingsFor, uniqueName } from "../unit/emulatedAws";
import { describePoint, isMutation, type KillOutcome, killTable } from "./killPoints";
import { configure, enter } from "./place";
import { type PluginProcess, startPlugin } from "./pluginProcess";
import { quietly } from "./quiet";
import { createStack, type Declared, type RunOutcome, type SimulatedStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

/** Long enough for no renewal to come in between: each run makes the same requests. */
const killed = { lease: { stale: 60_000 } };

/** So that a dead publisher is found out about within a test. */
const patient = { lease: { stale: 300 }, secondLook: 50 };

/** The page that shows the table of outcomes between these lines. */
const page = path.join(repository, "docs/life-cycle.md");
const [tableStart, tableEnd] = ["<!-- kill points -->\n", "\n<!-- end of kill points -->"];

/** A run that is killed: what comes before it, and what it does. */
interface Scenario {
    readonly before: readonly Declared["args"][];
    /** Whether the state is lost before it; the versions are not. */
    readonly losesState?: true;
    /** The run that is killed and then repeated; `undefined` is a destroy. */
    readonly run: Declared["args"] | undefined;
    readonly deleteBeforeReplace?: true;
}

function scenariosOf(project: TinyProject): Record<string, Scenario> {
    const account = { permissions: ["111111111111"] };
    return {
        create: { before: [], run: project.python(0, account) },
        "create after a lost state": {
            before: [project.python(0)],
            losesState: true,
            run: project.python(0),
        },
        update: {
            before: [project.python(0), project.python(1, account)],
            run: project.python(1, { permissions: ["*"], keepVersions: 0 }),
        },
        replace: { before: [project.python(0)], run: project.python(1, { ...account, keepVersions: 0 }) },
        "replace with deleteBeforeReplace": {
            before: [project.python(0)],
            run: project.python(1, { ...account, keepVersions: 0 }),
            deleteBeforeReplace: true,
        },
        revert: {
            before: [project.python(0), project.python(1, account)],
            run: project.python(0, account),
        },
        destroy: { before: [project.python(0), project.python(1)], run: undefined },
        "destroy with forceDestroy": {
            before: [project.python(0), project.python(1, { forceDestroy: true })],
            run: undefined,
        },
    };
}

/** For the second emulator: it publishes, records, permits and deletes. */
const shorter = ["replace"];
const titles = [
    "create",
    "create after a lost state",
    "update",
    "replace",
    "replace with deleteBeforeReplace",
    "revert",
    "destroy",
    "destroy with forceDestroy",
];

for (const { name, label, start } of emulators) {
    const played = name === "ministack" ? titles : shorter;
    describe(`a plugin that is killed (${label})`, function () {
        this.timeout(300_000);
        let emulator: Emulator;
        let project: TinyProject;
        let proxy: FaultProxy;
        let spare: Promise<PluginProcess>;
        let choose: (request: ProxiedRequest) => Fault | undefined = () => undefined;
        const outcomes: KillOutcome[] = [];

        before(async () => {
            [emulator, project] = await Promise.all([start(), createTinyProject(2)]);
            proxy = await startFaultProxy(emulator.endpoint, (request) => choose(request));
            enter(project.folder);
            spare = startPlugin(project.folder, {});
        });
        after(async () => {
            await (await spare).end();
            await proxy.stop();
            await project.remove();
            await emulator.stop();
            console.log(killTable(outcomes).replace(/^/gm, "      "));
        });

        for (const title of played) {
            it(`at every step of ${title} leaves nothing that the next run does not finish`, async () => {
                const scenario = scenariosOf(project)[title];
                assert.ok(scenario !== undefined);
                const whole = await play(scenario, () => undefined);
                const mutations = whole.requests.filter(isMutation);
                assert.ok(mutations.length > 0);
                for (let mutation = 0; mutation <= mutations.length; mutation += 1) {
                    // Before a request is after the one before it, as far as AWS can tell.
                    const when = mutation === 0 ? "before" : "after";
                    let seen = 0;
                    const { requests, world, ...outcome } = await play(scenario, (request) => {
                        seen += isMutation(request) ? 1 : 0;
                        return isMutation(request) && seen === Math.max(1, mutation) ? when : undefined;
                    });
                    const done = requests.filter(isMutation).slice(0, mutation);
                    const last = done.at(-1);
                    const point =
                        last === undefined
                            ? "before anything was changed"
                            : `after ${describePoint(last, done.slice(0, -1))}`;
                    assert.equal(outcome.died, true, `${title}: not killed ${point}`);
                    assert.deepEqual(world, whole.world, `${title}: killed ${point}`);
                    outcomes.push({ run: title, point, ...outcome });
                }
            });
        }

        if (name === "ministack") {
            it("is told of in docs/life-cycle.md, point by point", async function () {
                if (new Set(outcomes.map(({ run }) => run)).size < played.length) {
                    // Only some of the runs were asked for.
                    this.skip();
                }
                const text = await readFile(page, "utf8");
                const [start, end] = [text.indexOf(tableStart), text.indexOf(tableEnd)];
                assert.ok(start !== -1 && end > start, "the page has no place for the table");
                const told = text.slice(start + tableStart.length, end);
                if (process.env["PLL_WRITE_DOCS"] !== undefined) {
                    const head = text.slice(0, start + tableStart.length);
                    await writeFile(page, head + killTable(outcomes) + text.slice(end));
                    return;
                }
                assert.equal(told, killTable(outcomes), "PLL_WRITE_DOCS=1 writes the table anew");
            });
        }

        async function play(
            scenario: Scenario,
            killAt: (request: ProxiedRequest) => "before" | "after" | undefined,
        ) {
            const clients = await clientsAt(emulator.endpoint);
            const bucket = (await createBucket(clients)).name;
            const layerName = uniqueName("killed");
            const declared = (args: Declared["args"]): Declared => ({
                name: "deps",
                type: "PythonLayer",
                args: { ...args, layerName, bucket },
                deleteBeforeReplace: scenario.deleteBeforeReplace ?? false,
            });
            const stack = createStack("killed", "dev");
            const told: string[] = [];
            const mustSucceed = async (work: () => Promise<RunOutcome>) => {
                const { error, steps } = await quietly(work, told);
                assert.equal(error?.message, undefined);
                return steps;
            };
            configure(settingsFor(emulator.endpoint), patient);
            for (const args of scenario.before) {
                await mustSucceed(() => stack.up([declared(args)]));
            }
            if (scenario.losesState === true) {
                stack.resources.clear();
            }
            const before = new Set((await readLedgers(clients.s3, bucket)).map(({ createId }) => createId));
            const { run: args } = scenario;
            const run = () => (args === undefined ? stack.destroy() : stack.up([declared(args)]));
            const plugin = await spare;
            // The next one starts while this one is at work.
            spare = startPlugin(project.folder, {});
            await plugin.configure(awsSettings(proxy.endpoint), killed);
            const { seen } = proxy;
            const first = seen.length;
            let died = false;
            choose = (request) => {
                const when = killAt(request);
                const act = () => {
                    died = plugin.child.kill("SIGKILL");
                };
                return when === undefined ? undefined : { kind: "act", when, act };
            };
            try {
                stack.useHooks(plugin.hooks);
                await run();
            } finally {
                stack.useHooks(undefined);
                choose = () => undefined;
                await plugin.end();
            }
            const requests = seen.slice(first).map(({ request }) => request);
            configure(settingsFor(proxy.endpoint), patient);
            told.length = 0;
            const steps = await mustSucceed(run);
            const publishCalls = seen.slice(first).filter(({ request }) => request.publishes).length;
            const { unknown, ...found } = await world(emulator.endpoint, bucket, layerName, stack);
            // What was left behind before the killed run, with its state, is none of it.
            const ghosts = unknown.filter(({ createId }) => !before.has(createId));
            for (const { createId } of died ? ghosts : []) {
                assert.ok(
                    told.some((line) => line.includes(createId)),
                    `the hold of create ${createId} is not told`,
                );
            }
            return {
                ghosts: ghosts.length,
                requests,
                died,
                steps: steps.map((step) => step.replace(" deps", "")),
                publishCalls,
                ...found,
            };
        }
    });
}

/** Everything there is afterwards, with what differs from one run to another left out. */
async function world(endpoint: string, bucket: string, layerName: string, stack: SimulatedStack) {
    const { lambda, s3 } = await clientsAt(endpoint);
    const { LayerVersions = [] } = await lambda.send(new ListLayerVersionsCommand({ LayerName: layerName }));
    const versions = LayerVersions.map(({ Version }) => Version ?? 0).sort();
    const ids = [...stack.resources.values()].map(({ outputs }) => {
        const { createId, epoch } = withInternals(outputs);
        return { createId: String(createId), epoch: String(epoch) };
    });
    const unknown = (await readLedgers(s3, bucket)).filter(
        ({ createId, holder }) => holder.use === "current" && ids.every((each) => each.createId !== createId),
    );
    const anonymous = (text: string) => withoutNames(text, layerName, bucket, ids);
    const policies = await Promise.all(
        versions.map((VersionNumber) =>
            lambda.send(new GetLayerVersionPolicyCommand({ LayerName: layerName, VersionNumber })).then(
                ({ Policy }) =>
                    [...(Policy ?? "").matchAll(/"Sid": ?"pulumi-lambda-layer-\w+-([^"]+)"/g)]
                        .map(([, name]) => name)
                        .filter((name) => name !== "even" && name !== "odd"),
                () => [],
            ),
        ),
    );
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const objects: Record<string, string> = {};
    for (const { Key = "" } of Contents) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        const body = anonymous((await Body?.transformToString("latin1")) ?? "");
        objects[anonymous(Key)] = body.startsWith("PK")
            ? createHash("sha256").update(body).digest("hex")
            : Key.includes("/ledger-")
              ? ledgerWithout(body, new Set(unknown.map(({ createId }) => createId)))
              : withoutSizes(body);
    }
    const state = [...stack.resources.values()].map(({ id, outputs, unfinished }) => ({
        id: anonymous(id),
        outputs: JSON.parse(anonymous(JSON.stringify(outputs))) as unknown,
        unfinished,
    }));
    return {
        versions,
        unknown,
        world: { versions, policies, objects, state, pendingDeletes: stack.pendingDeletes.length },
    };
}

const withoutNames = (
    text: string,
    layerName: string,
    bucket: string,
    ids: readonly { readonly createId: string; readonly epoch: string }[],
): string =>
    ids
        .reduce(
            (rest, { createId, epoch }) =>
                rest.replaceAll(createId, "<create of the state>").replaceAll(epoch, "<epoch of the state>"),
            text,
        )
        .replaceAll(layerName, "<layer>")
        .replaceAll(bucket, "<bucket>")
        .replace(/"(?:versionKey|key)": ?"[0-9a-f]{32}"/g, '"key":"<key>"')
        .replace(/\d{4}-\d\d-\d\dT[0-9:.]+(?:\+0000|Z)/g, "<time>");

/** Every hold that a bucket's ledger has. */
async function readLedgers(s3: S3Client, bucket: string): Promise<Holding[]> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const keys = Contents.map(({ Key = "" }) => Key).filter((key) => key.includes("/ledger-"));
    const texts = await Promise.all(
        keys.map(async (Key) => {
            const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
            return (await Body?.transformToString()) ?? "";
        }),
    );
    return texts.flatMap((text) => {
        const ledger = parseLedger(text, String((JSON.parse(text) as { layer: string }).layer));
        assert.ok(!isProblem(ledger), text);
        return holdings(ledger);
    });
}

/** A ledger without what counts only the way there, and without these holds. */
function ledgerWithout(body: string, ghosts: ReadonlySet<string>): string {
    const {
        sequence: _,
        epoch,
        ...ledger
    } = JSON.parse(body) as {
        sequence: number;
        epoch: string;
        versions: Record<
            string,
            { holders: Record<string, object>; policy?: { want: number; done: number } }
        >;
    };
    for (const entry of Object.values(ledger.versions)) {
        assert.equal(entry.policy?.done, entry.policy?.want);
        Reflect.deleteProperty(entry, "policy");
        entry.holders = Object.fromEntries(
            Object.entries(entry.holders)
                .filter(([createId]) => !ghosts.has(createId))
                .map(([createId, holder]) => [
                    createId.startsWith("<") ? createId : "<another create>",
                    { ...holder, number: 0 },
                ]),
        );
    }
    // Without a state there is no name for it.
    return JSON.stringify({ ...ledger, epoch: epoch.startsWith("<") ? epoch : "<epoch>" });
}

/** The sizes of the packages are known to the run that packed them: one that found the artifact in S3 leaves them out. */
function withoutSizes(body: string): string {
    if (!body.startsWith("{")) {
        return body;
    }
    const { packages: _, ...others } = JSON.parse(body) as Record<string, unknown>;
    return JSON.stringify(others);
}
