import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import fc from "fast-check";
import type { Clients } from "../../../provider/aws/clients";
import { listObjects } from "../../../provider/aws/objects";
import type { Owner } from "../../../provider/owner";
import { getLayerVersion } from "../../../provider/publish/layerVersion";
import { type LayerStore, versionFolder } from "../../../provider/publish/layout";
import { findPublication } from "../../../provider/publish/publication";
import { readRecord } from "../../../provider/publish/record";
import { type FaultProxy, startFaultProxy } from "../../faultProxy";
import { type StrictAws, startStrictAws } from "../../strictAws";
import { clientsAt, createStore, uniqueName } from "../emulatedAws";
import { keyOf, leave, never, ownerNamed, publishAndKeep, versionsOf } from "./publisher";

/** What an owner of the shared version does while the others do theirs. */
type Deed = "is destroyed" | "is destroyed with forceDestroy" | "moves on" | "stays" | "comes";

/** One who works step by step: a step is a request to AWS. */
interface Actor {
    readonly owner: Owner;
    readonly clients: Clients;
    readonly store: LayerStore;
    /** Lets through so many requests, and then waits until the next one is there, or the work is done. */
    run(requests: number): Promise<void>;
    begin(work: () => Promise<unknown>): void;
    readonly work: Promise<unknown>;
}

const forever = Number.POSITIVE_INFINITY;

/** Who runs, and for how many requests. */
type Turn = readonly [actor: number, requests: number];

describe("owners who leave a shared version at the same time", function () {
    this.timeout(600_000);
    let aws: StrictAws;
    let clients: Clients;
    const proxies: FaultProxy[] = [];
    before(async () => {
        aws = await startStrictAws();
        clients = await clientsAt(aws.endpoint);
    });
    after(async () => {
        await Promise.all(proxies.map((proxy) => proxy.stop()));
        await aws.stop();
    });

    /** Everything of an actor goes through a gate of its own. */
    async function createGate() {
        let allowed = forever;
        let waiting: (() => void)[] = [];
        let stopped = () => {};
        const proxy = await startFaultProxy(aws.endpoint, () => ({
            kind: "hold",
            until: () =>
                new Promise<void>((resolve) => {
                    waiting.push(resolve);
                    pass();
                }),
        }));
        proxies.push(proxy);
        const pass = () => {
            while (waiting.length > 0 && allowed > 0) {
                allowed -= 1;
                waiting.shift()?.();
            }
            if (waiting.length > 0) {
                stopped();
            }
        };
        return {
            clients: await clientsAt(proxy.endpoint),
            allow: (requests: number) => {
                allowed = requests;
                const stop = new Promise<void>((resolve) => {
                    stopped = resolve;
                });
                pass();
                return stop;
            },
            reset: () => {
                waiting = [];
                allowed = 0;
            },
        };
    }
    const gates: Awaited<ReturnType<typeof createGate>>[] = [];
    async function createActor(number: number, store: LayerStore): Promise<Actor> {
        gates[number] ??= await createGate();
        const gate = gates[number];
        gate.reset();
        let work: Promise<unknown> = Promise.resolve();
        return {
            owner: ownerNamed(`owner${number}`),
            clients: gate.clients,
            store: { ...store, bucket: { ...store.bucket, s3: gate.clients.s3 } },
            run: (requests) => Promise.race([gate.allow(requests), work.then(() => undefined)]),
            begin: (begun) => {
                work = begun();
                // What comes of it is looked at in the end.
                work.catch(() => undefined);
            },
            get work() {
                return work;
            },
        };
    }

    const leaveShared: typeof leave = (at, store, departure) =>
        leave(at, store, { versionKey: keyOf("shared"), ...departure });

    /** The first one published the version; each does its deed, in turns; then whoever is left is destroyed. */
    async function play(deeds: readonly Deed[], turns: readonly Turn[]): Promise<void> {
        const store = await createStore(clients);
        const layerName = uniqueName("shared");
        const actors = await Promise.all(deeds.map((_, number) => createActor(number, store)));
        let version = 0;
        for (const [number, { owner }] of actors.entries()) {
            if (deeds[number] !== "comes") {
                version = await publishAndKeep(clients, store, layerName, owner, "shared");
            }
        }
        const isThere = async (each: number) =>
            (await getLayerVersion(clients, layerName, each, never)) !== undefined;
        const current = new Map<Owner, number>();
        for (const [number, deed] of deeds.entries()) {
            const actor = actors[number];
            assert.ok(actor !== undefined);
            const { owner } = actor;
            const departure = { layerName, version, owner };
            if (deed === "moves on") {
                const successor = await publishAndKeep(clients, store, layerName, owner, `of ${number}`);
                current.set(owner, successor);
                actor.begin(() =>
                    leaveShared(actor.clients, actor.store, { ...departure, survivor: owner, successor }),
                );
            } else if (deed === "comes") {
                actor.begin(async () => {
                    current.set(
                        owner,
                        await publishAndKeep(actor.clients, actor.store, layerName, owner, "shared"),
                    );
                });
            } else if (deed === "stays") {
                current.set(owner, version);
            } else {
                const forceDestroy = deed === "is destroyed with forceDestroy";
                actor.begin(() => leaveShared(actor.clients, actor.store, { ...departure, forceDestroy }));
            }
        }
        for (const [number, requests] of turns) {
            await actors[number % actors.length]?.run(requests);
        }
        await Promise.all(actors.map((actor) => actor.run(forever)));
        await Promise.all(actors.map(({ work }) => work));
        for (const [owner, each] of current) {
            assert.ok(await isThere(each), `${owner.name} uses version ${each}, which is gone`);
        }
        for (const [owner, each] of current) {
            const versionKey = (await readRecord(store, each))?.versionKey;
            await leaveShared(clients, store, {
                layerName,
                version: each,
                owner,
                versionKey,
                forceDestroy: true,
            });
        }
        assert.deepEqual(await versionsOf(clients, layerName), []);
        assert.deepEqual(await listObjects(store.bucket, versionFolder(store, version)), []);
        assert.equal(await findPublication(store, keyOf("shared")), undefined);
    }

    const deeds: readonly Deed[] = [
        "is destroyed",
        "is destroyed with forceDestroy",
        "moves on",
        "stays",
        "comes",
    ];
    const runs = Number(process.env["PLL_SHARING_RUNS"] ?? 60);

    it("never lose a version that one of them uses, nor leave one that none uses", async () => {
        const company = fc
            .tuple(
                fc.constantFrom<Deed>("is destroyed", "is destroyed with forceDestroy"),
                fc.array(fc.constantFrom(...deeds), { minLength: 1, maxLength: 3 }),
            )
            .map(([first, others]) => [first, ...others]);
        const turn = fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 12 }));
        await fc.assert(fc.asyncProperty(company, fc.array(turn, { maxLength: 12 }), play), {
            numRuns: runs,
        });
    });

    for (const others of [["is destroyed"], ["is destroyed", "is destroyed"], ["moves on"]] as Deed[][]) {
        it(`leave none behind, whichever request the first one is at when another ${others.join(" and another ")}`, async () => {
            for (let requests = 0; requests < 30; requests += 1) {
                const turns: Turn[] = [
                    [0, requests],
                    ...others.map((_, number): Turn => [number + 1, forever]),
                ];
                await play(["is destroyed", ...others], turns);
            }
        });
    }

    it("leave none behind that another one came to for a moment, and did not take", async () => {
        // It has put its claim, finds the key forgotten, and gives up, while the owner hands the version over to it.
        for (let seen = 5; seen <= 8; seen += 1) {
            for (let looked = 1; looked <= 3; looked += 1) {
                await play(
                    ["is destroyed", "comes"],
                    [
                        [1, 5],
                        [0, seen],
                        [1, looked],
                        [0, forever],
                    ],
                );
            }
        }
    });

    it("end what one of them began that was killed at any request", async () => {
        const owners = [ownerNamed("owner0"), ownerNamed("owner1")];
        for (const order of [owners, [...owners].reverse()]) {
            for (let requests = 0; requests < 30; requests += 1) {
                const store = await createStore(clients);
                const layerName = uniqueName("killed");
                const actor = await createActor(0, store);
                let version = 0;
                for (const owner of owners) {
                    version = await publishAndKeep(clients, store, layerName, owner, "shared");
                }
                const killed = new AbortController();
                setMaxListeners(0, killed.signal);
                const { signal } = killed;
                const place = { ...actor.store, bucket: { ...actor.store.bucket, signal } };
                const departure = { layerName, version, owner: actor.owner, signal };
                actor.begin(() => leaveShared(actor.clients, place, departure));
                await actor.run(requests);
                killed.abort(new Error("killed"));
                await actor.run(forever).catch(() => undefined);
                for (const owner of order) {
                    await leaveShared(clients, store, { layerName, version, owner });
                }
                assert.deepEqual(await versionsOf(clients, layerName), [], `request ${requests}`);
                assert.deepEqual(await listObjects(store.bucket, versionFolder(store, version)), []);
            }
        }
    });
});
