import assert from "node:assert/strict";
import { serialiseLedger } from "../../provider/publish/ledger/format";
import { type FaultProxy, startFaultProxy } from "../faultProxy";
import { newest, store } from "../strictAws/state";
import { settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure } from "./place";
import { createStack, type Declared } from "./simulatedEngine";
import { ledgersIn, succeed, useStrictAws } from "./strictTests";

const kept = 200;

/** Requests that wait until so many of their kind are on their way: one after the other they would wait for ever. */
interface Meeting {
    readonly about: RegExp;
    join(): Promise<void>;
}

function createMeeting(about: RegExp): Meeting {
    let arrived = 0;
    let end = () => {};
    const complete = new Promise<void>((resolve) => {
        end = resolve;
    });
    return {
        about,
        join: () => {
            arrived += 1;
            if (arrived === 5) {
                end();
            }
            return complete;
        },
    };
}

describe(`a layer with ${kept} kept versions`, function () {
    this.timeout(120_000);
    const strict = useStrictAws();
    let proxy: FaultProxy;
    let meetings: readonly Meeting[] = [];
    before(async () => {
        proxy = await startFaultProxy(strict.aws.endpoint, ({ method, path }) => {
            const meeting = method === "GET" ? meetings.find(({ about }) => about.test(path)) : undefined;
            return meeting === undefined ? undefined : { kind: "hold", until: () => meeting.join() };
        });
    });
    after(() => proxy.stop());

    it("is one object: nothing is listed, and what is asked of each version is asked side by side", async () => {
        const { layerName, stack, declared } = await prepare();
        const counted = async (what: string, run: () => Promise<readonly string[]>) => {
            const before = proxy.seen.length;
            await run();
            const requests = proxy.seen.slice(before).map(({ request }) => request);
            console.log(`      ${what}: ${requests.length} requests`);
            return requests.length;
        };
        const permissions = ["111111111111"];
        await counted("one version published", () => succeed(() => stack.up([declared({ permissions })])));
        meetings = [createMeeting(/\/policy$/)];
        const read = await counted("a refresh", () => succeed(() => stack.refresh()));
        assert.ok(read < kept + 20);
        meetings = [];
        const retired = await counted("all but ten retired", () =>
            succeed(() => stack.up([declared({ keepVersions: 10, permissions })])),
        );
        assert.equal(strict.versions(layerName).length, 11);
        // For each: deleted in Lambda, its files looked for, and deleted.
        assert.ok(retired < 3 * kept + 20);
        const destroyed = await counted("the rest destroyed", () => succeed(() => stack.destroy()));
        assert.ok(destroyed < 60);
        assert.deepEqual(strict.versions(layerName), []);
    });

    /** One version is published; the others are as if they had been, each from a manifest of its own. */
    async function prepare() {
        const layerName = uniqueName("many");
        const bucket = strict.bucket();
        configure(settingsFor(proxy.endpoint));
        const stack = createStack("many", "dev");
        const declared = (more: Record<string, unknown>): Declared => ({
            name: "deps",
            args: strict.project.zip(0, { layerName, bucket: bucket.name, forceDestroy: true, ...more }),
        });
        await succeed(() => stack.up([declared({ permissions: ["111111111111"] })]));
        const layer = strict.layer(layerName);
        const first = layer?.versions.get(1);
        assert.ok(layer !== undefined && first !== undefined);
        const folder = `lambda/${layerName}/layer`;
        const record = newest(bucket, `${folder}/000001/record.json`)?.body?.toString() ?? "";
        const put = (key: string, body: string) =>
            store(strict.aws.state, bucket, key, { body: Buffer.from(body), metadata: {}, contentType: "" });
        const [ledger] = ledgersIn(bucket);
        const entry = ledger?.versions.get(1);
        assert.ok(ledger !== undefined && entry !== undefined);
        const [holder] = entry.holders.values();
        assert.ok(holder !== undefined);
        const versions = new Map(ledger.versions);
        for (let version = 2; version <= kept; version += 1) {
            const statement = [...first.statements].map(([sid, each]) => [sid, { ...each }] as const);
            layer.versions.set(version, { ...first, version, statements: new Map(statement) });
            const own = `${folder}/${String(version).padStart(6, "0")}`;
            put(`${own}/record.json`, JSON.stringify({ ...JSON.parse(record), version }));
            put(`${own}/package-lock-0.json`, "{}");
            const holders = new Map([[`create ${version}`, { ...holder, number: 1, use: "kept" as const }]]);
            versions.set(version, { ...entry, key: `key ${version}`, holders });
        }
        const [key = ""] = [...bucket.objects.keys()].filter((each) => each.includes("/ledger-"));
        put(key, serialiseLedger({ ...ledger, versions }));
        layer.last = kept;
        return { layerName, stack, declared };
    }
});
