import assert from "node:assert/strict";
import { type FaultProxy, startFaultProxy } from "../faultProxy";
import { newest, store } from "../strictAws/state";
import { settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure } from "./place";
import { createStack, type Declared } from "./simulatedEngine";
import { succeed, useStrictAws } from "./strictTests";

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

    it("is listed once for a run, and its records and policies are read side by side", async () => {
        const { layerName, stack, declared } = await prepare();
        const counted = async (what: string, run: () => Promise<readonly string[]>) => {
            const before = proxy.seen.length;
            await run();
            const requests = proxy.seen.slice(before).map(({ request }) => request);
            const listings = requests.filter(({ path }) => /[?&]list-type=2/.test(path));
            const pages = listings.filter(({ path }) => !/[?&]prefix=[^&]*%2F\d{6}%2F/.test(path));
            console.log(`      ${what}: ${requests.length} requests, ${pages.length} of them list the layer`);
            return { requests: requests.length, listings: pages.length };
        };
        const permissions = ["111111111111"];
        const given = await counted("permissions on all", () =>
            succeed(() => stack.up([declared({ permissions })])),
        );
        assert.ok(given.requests < 3.2 * kept + 40);
        assert.ok(given.listings <= 3);
        meetings = [createMeeting(/\/record\.json/), createMeeting(/\/policy$/)];
        const read = await counted("a refresh", () => succeed(() => stack.refresh()));
        assert.ok(read.requests < 2.1 * kept + 40);
        assert.ok(read.listings <= 1);
        const retired = await counted("all but ten retired", () =>
            succeed(() => stack.up([declared({ keepVersions: 10, permissions })])),
        );
        assert.equal(strict.versions(layerName).length, 11);
        // For each: its key and claims looked at, its version, manifest, record and artifact deleted.
        assert.ok(retired.requests < 11 * kept);
        assert.ok(retired.listings <= 5);
        const destroyed = await counted("the rest destroyed", () => succeed(() => stack.destroy()));
        assert.ok(destroyed.listings <= 6);
        assert.ok(destroyed.requests < 150);
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
        await succeed(() => stack.up([declared({})]));
        const layer = strict.layer(layerName);
        const first = layer?.versions.get(1);
        assert.ok(layer !== undefined && first !== undefined);
        const folder = `lambda/${layerName}/layer`;
        const record = newest(bucket, `${folder}/000001/record.json`)?.body?.toString() ?? "";
        const [saved] = stack.resources.values();
        assert.ok(saved !== undefined);
        const put = (key: string, body: string) =>
            store(strict.aws.state, bucket, key, { body: Buffer.from(body), metadata: {}, contentType: "" });
        for (let version = 2; version <= kept; version += 1) {
            layer.versions.set(version, { ...first, version, statements: new Map() });
            const versionKey = version.toString(16).padStart(64, "0");
            const made = { ...JSON.parse(record), version, versionKey, artifactKey: versionKey };
            const own = `${folder}/${String(version).padStart(6, "0")}`;
            put(`${own}/record.json`, JSON.stringify(made));
            put(`${own}/package-lock-0.json`, "{}");
            put(`${folder}/publications/${versionKey}.json`, JSON.stringify({ version }));
        }
        layer.last = kept;
        return { layerName, stack, declared };
    }
});
