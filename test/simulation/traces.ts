import { comeToRest, createStage, type Line, type Stage } from "./script";
import type { SimulatedVersion } from "./world";

/** A course of events that broke a draft of the protocol, with what is there afterwards. */
export interface Trace {
    readonly title: string;
    readonly lines: readonly Line[];
    /** Live versions of layer `l`. */
    readonly live: readonly number[];
    /** The ledgers, as {@link describeLedgers} says it. */
    readonly ledgers: readonly string[];
    /** Codes of notes that somebody must have been told, with their version. */
    readonly told?: readonly string[];
    /** And that nobody must have been told. */
    readonly untold?: readonly string[];
    /** Who may use the live versions, where it matters: `1: x+y`. */
    readonly permissions?: readonly string[];
    /** Calls of PublishLayerVersion, where it matters. */
    readonly publishCalls?: number;
}

/** Plays a trace. Everybody comes to an end, and what is late arrives. */
export async function playTrace({ lines }: Pick<Trace, "lines">): Promise<Stage> {
    const stage = createStage(["A", "B", "C"]);
    for (const line of lines) {
        await stage.play(line);
    }
    await comeToRest(stage);
    return stage;
}

/** What is otherwise than a trace says; with everything that there is, where something is. */
export function differencesOf(trace: Trace, stage: Stage): string[] {
    const { world, fault, stacks } = stage.result();
    const versions = (world.layers.get("l") ?? []).filter(({ deletedAt }) => deletedAt === undefined);
    const told = world.notes.map(({ note }) =>
        "version" in note && note.version !== undefined ? `${note.code} ${note.version}` : note.code,
    );
    const found = {
        live: versions.map(({ version }) => version),
        ledgers: describeLedgers(stage).sort(),
        permissions: versions.map(
            ({ version, statements }) => `${version}: ${granteesOf(statements).join("+")}`,
        ),
        publishCalls: [...world.calls.values()].flat().filter((name) => name === "publish").length,
    };
    const wanted = { ...found, ...trace, ledgers: [...trace.ledgers].sort() };
    const differences = [
        ...(fault === undefined ? [] : [fault]),
        ...(["live", "ledgers", "permissions", "publishCalls"] as const).flatMap((name) =>
            JSON.stringify(found[name]) === JSON.stringify(wanted[name])
                ? []
                : [`${name}: ${JSON.stringify(found[name])} instead of ${JSON.stringify(wanted[name])}`],
        ),
        ...(trace.told ?? [])
            .filter((each) => !told.includes(each))
            .map((each) => `nobody was told: ${each}`),
        ...(trace.untold ?? [])
            .filter((each) => told.includes(each))
            .map((each) => `somebody was told: ${each}`),
    ];
    const errors = stacks.flatMap(({ name, error }) =>
        error === undefined ? [] : [`${name}: ${String(error)}`],
    );
    return differences.length === 0 ? [] : [...differences, ...told, ...errors];
}

const granteesOf = (statements: SimulatedVersion["statements"]): string[] =>
    [...statements.values()]
        .flatMap((ours) => [...ours.values()])
        .flatMap((statement) => ("grantee" in statement ? [statement.grantee] : []))
        .sort();

/** One line for each version: `s/l 1 published: deps current, other kept`. */
export function describeLedgers({ world }: Stage): string[] {
    return [...world.ledgers.keys()].flatMap((name) => {
        const [bucket = "", layer = ""] = name.split("/");
        return [...(world.ledgerOf(layer, bucket)?.versions ?? [])].map(([version, entry]) => {
            const holders = [...entry.holders.values()].map(({ owner, use }) => `${owner} ${use}`);
            const state = entry.deleting ? "deleting" : entry.origin;
            return `${name} ${version} ${state}: ${holders.join(", ") || "nobody"}`;
        });
    });
}

/** The traces of the protocol's review, by its numbers, and those that this simulation has found since. */
export const traces: readonly Trace[] = [
    {
        title: "1 a publisher is taken for dead while it enters its version",
        lines: [
            "A up",
            "A until describe",
            "wait 31000",
            "B up owner=other",
            "B until write ledger",
            "A done",
            "B done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: deps current, other current"],
        publishCalls: 1,
    },
    {
        title: "1 a publisher that lost its lease enters first: the other's version is the duplicate",
        lines: [
            "A up",
            "A until publish",
            "wait 31000",
            "B up owner=other",
            "B until publish",
            "A does publish",
            "A until save",
            "B done",
            "A done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: deps current, other current"],
        told: ["duplicate 2", "deleted 2"],
    },
    {
        title: "1 a publisher that lost its lease enters last: its own version is the duplicate",
        lines: [
            "A up",
            "A until publish",
            "wait 31000",
            "B up owner=other",
            "B until publish",
            "A does publish",
            "B done",
            "A done",
        ],
        live: [2],
        ledgers: ["s/l 2 published: other current, deps current"],
        told: ["duplicate 1", "deleted 1"],
    },
    {
        title: "2 a call lands after another publisher has taken over and looked",
        lines: [
            "A up",
            "A until publish",
            "A dies late",
            "wait 31000",
            "B up owner=other",
            "B done",
            "land",
            "B up lock=b owner=other keep=0",
            "B done",
        ],
        live: [2, 3],
        ledgers: ["s/l 3 published: other current"],
        told: ["published 1", "deleted 1"],
    },
    {
        title: "3 two ledgers for one layer, equal bytes: each has its own version",
        lines: [
            "A up lock=e bucket=s",
            "A done",
            "B up lock=e bucket=t keep=0",
            "B done",
            "B destroy",
            "B done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: deps current"],
        publishCalls: 2,
    },
    {
        title: "3 two ledgers for one layer: what a dead publisher may have made is not taken for it",
        lines: [
            "B up lock=b bucket=t",
            "B done",
            "A up lock=e bucket=s",
            "A until publish",
            "A dies",
            "B up lock=e bucket=t",
            "B done",
            "wait 31000",
            "C up lock=e bucket=s owner=other force",
            "C done",
            "C destroy",
            "C done",
        ],
        live: [1, 2],
        ledgers: ["t/l 1 published: deps kept", "t/l 2 published: deps current", "s/l 2 found: nobody"],
        told: ["doubtful version 2", "published 3", "deleted 3"],
    },
    {
        title: "4 a version that others share moves to another bucket",
        lines: [
            "A up",
            "A done",
            "B up owner=other",
            "B done",
            "A up bucket=t force",
            "A done",
            "A destroy",
            "A done",
        ],
        live: [1],
        ledgers: ["s/l 1 found: other current", "t/l 1 found: nobody"],
        told: ["kept 1"],
    },
    {
        title: "4 a move is cut short, and the resource destroyed where it was",
        lines: [
            "A up",
            "A done",
            "A up bucket=t",
            "A until save",
            "A dies",
            "B up lock=a bucket=t owner=other",
            "B done",
            "A destroy",
            "A done",
        ],
        live: [1],
        ledgers: ["s/l 1 found: nobody", "t/l 1 found: deps current, other current"],
        publishCalls: 1,
    },
    {
        title: "5 a lost ledger is made anew by somebody's create: the others' deletes delete nothing",
        lines: [
            "A up lock=a",
            "A done",
            "B up lock=a owner=other",
            "B done",
            "lose s/l",
            "C up lock=c owner=third",
            "C done",
            "A destroy",
            "A done",
            "B up lock=a owner=other keep=0",
            "B done",
        ],
        live: [1, 2],
        ledgers: ["s/l 2 published: third current", "s/l 1 found: other current"],
        told: ["ledger made", "kept 1"],
    },
    {
        title: "5 no ledger, or one that cannot be read: nothing is deleted",
        lines: [
            "A up lock=a",
            "A done",
            "B up lock=b owner=other",
            "B done",
            "lose s/l",
            "A destroy",
            "A done",
            "damage s/l",
            "B destroy",
            "B done",
        ],
        live: [1, 2],
        ledgers: [],
        told: ["kept 1", "ledger not used", "kept 2"],
    },
    {
        title: "6 forceDestroy takes no current version of another state with the same names",
        lines: [
            "B up lock=a",
            "B done",
            "B up lock=b",
            "B done",
            "A up lock=c force",
            "A done",
            "A destroy",
            "A done",
        ],
        live: [2],
        ledgers: ["s/l 2 published: deps current"],
        told: ["deleted 1", "deleted 3"],
    },
    {
        title: "7 two states with one name: whoever leaves deletes nothing that the other has",
        lines: [
            "A up lock=a keep=0",
            "A done",
            "B up lock=b keep=0",
            "B done",
            "A up lock=c keep=0",
            "A done",
            "B destroy",
            "B done",
        ],
        live: [3],
        ledgers: ["s/l 3 published: deps current"],
        told: ["other hold"],
    },
    {
        title: "8 a replacement dies after its create holds, destroy follows: both versions stay, and are told",
        lines: ["A up lock=a", "A done", "A up lock=b", "A until save", "A dies", "A destroy", "A done"],
        live: [1, 2],
        ledgers: ["s/l 1 published: deps kept", "s/l 2 published: deps current"],
        told: ["kept 1", "other hold"],
    },
    {
        title: "9 a replacement of one target",
        lines: ["A up lock=a", "A done", "A up lock=a replace", "A done", "A destroy", "A done"],
        live: [],
        ledgers: [],
    },
    {
        title: "10 two kinds of resource with one name are two owners",
        lines: [
            "A up owner=PythonLayer/deps",
            "A done",
            "B up owner=LayerVersion/deps",
            "B done",
            "A destroy",
            "A done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: LayerVersion/deps current"],
    },
    {
        title: "11 deleteBeforeReplace whose create fails, then destroy; the next life of the resource clears up",
        lines: [
            "A up lock=a keep=0",
            "A done",
            "A up lock=b keep=0 dbr",
            "A until upload",
            "A fails",
            "A destroy",
            "A done",
            "A up lock=c keep=0",
            "A done",
            "A up lock=d keep=0",
            "A done",
        ],
        live: [3],
        ledgers: ["s/l 3 published: deps current"],
        told: ["kept 1", "deleted 1", "deleted 2"],
    },
    {
        title: "12 a permission is revoked while another process is giving it",
        lines: [
            "A up permissions=x",
            "A done",
            "B up owner=other permissions=y",
            "B until add permission",
            "A up permissions=x",
            "B dies late",
            "B up owner=other",
            "B done",
            "land",
        ],
        live: [1],
        ledgers: ["s/l 1 published: deps current, other current, other current"],
    },
    {
        title: "13 a ledger of another layer is not used",
        lines: ["A up layer=m", "A done", "copy s/m s/l", "B up owner=other", "B done"],
        live: [],
        ledgers: ["s/m 1 published: deps current"],
    },
    {
        title: "14 the zip is deleted between upload and publish",
        lines: ["A up", "A until publish", "sweep", "A done"],
        live: [1],
        ledgers: ["s/l 1 published: deps current"],
        publishCalls: 2,
    },
    {
        title: "15 a lease grows old although the ledger is busy",
        lines: [
            "A up lock=a",
            "A until publish",
            "A dies",
            "wait 20000",
            "B up lock=b owner=other",
            "B done",
            "wait 11000",
            "C up lock=a owner=third",
            "C done",
        ],
        live: [1, 2],
        ledgers: ["s/l 1 published: other current", "s/l 2 published: third current"],
        untold: ["waiting"],
    },
    {
        title: "16 an empty ledger is taken away while somebody writes to it",
        lines: [
            "A up lock=a",
            "A done",
            "A destroy",
            "A until remove ledger",
            "B up lock=b owner=other",
            "B until publish",
            "A done",
            "B done",
        ],
        live: [2],
        ledgers: ["s/l 2 published: other current"],
    },
    {
        title: "17 a version was deleted by hand",
        lines: ["A up", "A done", "remove l:1", "B up owner=other", "B done"],
        live: [2],
        ledgers: ["s/l 2 published: other current"],
        told: ["missing in Lambda 1"],
    },
    {
        title: "17 a kept version was deleted by hand, and its permissions change",
        lines: [
            "A up lock=a permissions=x",
            "A done",
            "A up lock=b permissions=x",
            "A done",
            "remove l:1",
            "A up lock=b permissions=y",
            "A done",
        ],
        live: [2],
        ledgers: ["s/l 2 published: deps current"],
        told: ["kept 1", "missing in Lambda 1"],
    },
    {
        title: "18 deleteBeforeReplace dies after its delete, and the manifest is reverted",
        lines: [
            "A up lock=a keep=0",
            "A done",
            "A up lock=b keep=0 dbr",
            "A until save",
            "A dies",
            "A up lock=a keep=0",
            "A done",
            "A refresh",
            "A done",
            "A up lock=a keep=0",
            "A done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: deps current"],
    },
    {
        title: "19 a version is entered, held and deleted before its slow publisher comes back",
        lines: [
            "A up",
            "A until describe",
            "wait 31000",
            "B up owner=other",
            "B done",
            "B destroy",
            "B done",
            "A done",
        ],
        live: [2],
        ledgers: ["s/l 2 published: deps current"],
        // The zip went with the first version, so that the second call finds none.
        publishCalls: 3,
    },
    {
        title: "20 a slow publisher comes back while its version is being deleted",
        lines: [
            "A up",
            "A until describe",
            "wait 31000",
            "B up owner=other",
            "B done",
            "B destroy",
            "B until delete version",
            "A until publish",
            "B done",
            "A done",
        ],
        live: [2],
        ledgers: ["s/l 2 published: deps current"],
    },
    {
        title: "21 the ledger is lost and made anew between lease and entry",
        lines: [
            "A up lock=a",
            "A until describe",
            "lose s/l",
            "B up lock=b owner=other",
            "B done",
            "A done",
            "A destroy",
            "A done",
        ],
        live: [1, 2],
        ledgers: ["s/l 2 published: other current", "s/l 1 found: nobody"],
        told: ["kept 1"],
    },
    {
        title: "3 a version that another ledger publishes long after a publisher died is not taken for that one's",
        lines: [
            "A up lock=e",
            "A until publish",
            "A dies",
            "wait 120000",
            "B up lock=e bucket=t",
            "B done",
            "C up lock=b owner=other",
            "C done",
            "C up lock=e owner=other",
            "C done",
        ],
        live: [1, 2, 3],
        ledgers: [
            "t/l 1 published: deps current",
            "s/l 1 found: nobody",
            "s/l 2 published: other kept",
            "s/l 3 published: other current",
        ],
        told: ["doubtful version 1"],
    },
    {
        title: "2 a call lands while its lease is taken over: the next who looks finds its version",
        lines: [
            "A up",
            "A until publish",
            "A dies late",
            "wait 31000",
            "B up owner=other",
            "B until write ledger",
            "land",
            "wait 20000",
            "B",
            "B dies",
            "wait 31000",
            "C up owner=third",
            "C done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: third current"],
        told: ["lease ended 1", "taken over 1"],
    },
    {
        title: "a publisher dies before it enters its version: the same command again takes it over",
        lines: ["A up", "A until describe", "A dies", "wait 31000", "A up", "A done", "A destroy", "A done"],
        live: [],
        ledgers: [],
        publishCalls: 1,
        told: ["lease ended 1", "taken over 1", "deleted 1"],
    },
    {
        title: "a publish call gets no answer: a look finds its version",
        lines: ["A up", "A until publish", "A unanswered", "A done"],
        live: [1],
        ledgers: ["s/l 1 published: deps current"],
        publishCalls: 1,
    },
    {
        title: "a publisher whose call takes long keeps its lease",
        lines: [
            "A up",
            "A until publish",
            "wait 20000",
            "A",
            "A does write ledger",
            "wait 20000",
            "B up owner=other",
            "B until sleep",
            "A",
            "A does write ledger",
            "B",
            "B until sleep",
            "A done",
            "B done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: deps current, other current"],
        publishCalls: 1,
        told: ["waiting"],
    },
    {
        title: "a publisher that has slept before its call finds out that its lease is gone",
        lines: [
            "A up",
            "A until write ledger",
            "A unanswered",
            "wait 31000",
            "B up owner=other",
            "B done",
            "A done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: other current, deps current"],
        publishCalls: 1,
    },
    {
        title: "Lambda refuses to publish: the next need not wait",
        lines: ["A up", "A until publish", "A fails", "A done", "B up owner=other", "B done"],
        live: [1],
        ledgers: ["s/l 1 published: other current"],
        untold: ["waiting"],
    },
    {
        title: "a ghost, then an update: the resource is the newest of its owner, and its destroy deletes its version",
        lines: [
            "A up lock=a",
            "A done",
            "A up lock=b",
            "A until save",
            "A dies",
            "A up lock=a keep=3",
            "A done",
            "A destroy",
            "A done",
        ],
        live: [2],
        ledgers: ["s/l 2 published: deps current"],
        told: ["deleted 1", "other hold"],
    },
    {
        title: "a create does not retain what an earlier run has left: functions may not have moved",
        lines: [
            "A up lock=a keep=0",
            "A done",
            "A up lock=b keep=0 dbr",
            "A until save",
            "A dies",
            "A up lock=c keep=0",
            "A until save",
            "A dies",
        ],
        live: [1, 2],
        ledgers: ["s/l 1 published: deps kept", "s/l 2 published: deps current"],
    },
    {
        title: "a version that is being deleted does not move",
        lines: [
            "A up",
            "A done",
            "A up lock=b dbr split",
            "A until delete version",
            "A dies",
            "A up bucket=t",
            "A done",
        ],
        live: [1],
        ledgers: ["s/l 1 deleting: nobody"],
    },
    {
        title: "a rename does not rename what another state with the former name has kept",
        lines: [
            "A up lock=a",
            "A done",
            "B up lock=b",
            "B done",
            "B up lock=c",
            "B done",
            "A up lock=a owner=new",
            "A done",
        ],
        live: [1, 2, 3],
        ledgers: [
            "s/l 1 published: new current",
            "s/l 2 published: deps kept",
            "s/l 3 published: deps current",
        ],
    },
    {
        title: "a rename brings a kept hold to a version that the new name has kept: one of the two is enough",
        lines: [
            "A up lock=a",
            "A done",
            "A up lock=b",
            "A done",
            "A up lock=a owner=new noalias",
            "A done",
            "A up lock=c owner=new",
            "A done",
            "A up lock=c",
            "A done",
        ],
        live: [1, 3],
        ledgers: ["s/l 1 published: deps kept", "s/l 3 published: deps current"],
    },
    {
        title: "a lost ledger: what another resource was given is not taken back",
        lines: [
            "A up permissions=x",
            "A done",
            "B up owner=other permissions=y",
            "B done",
            "lose s/l",
            "A up permissions=x+z",
            "A done",
        ],
        live: [1],
        ledgers: ["s/l 1 found: deps current"],
        permissions: ["1: x+y+z"],
    },
    {
        title: "a lost ledger: what the resource itself gives no more is taken back",
        lines: ["A up permissions=x+y", "A done", "lose s/l", "A up permissions=x", "A done"],
        live: [1],
        ledgers: ["s/l 1 found: deps current"],
        permissions: ["1: x"],
    },
    {
        title: "a ledger that was edited by hand to say another version",
        lines: [
            "A up lock=a",
            "A done",
            "B up lock=b owner=other",
            "B done",
            "edit s/l hash-b-s hash-z-s",
            "C up lock=b owner=third",
            "C done",
        ],
        live: [1, 2, 3],
        ledgers: [
            "s/l 1 published: deps current",
            "s/l 2 found: other current",
            "s/l 3 published: third current",
        ],
        told: ["not what it says 2"],
    },
    {
        title: "equal bytes with other settings are another version",
        lines: [
            "A up",
            "A done",
            "B up owner=other description=other",
            "B done",
            "C up owner=third description=other",
            "C done",
        ],
        live: [1, 2],
        ledgers: ["s/l 1 published: deps current", "s/l 2 published: other current, third current"],
        publishCalls: 2,
    },
    {
        title: "a move brings a second version of a key: the one that was published here is taken over",
        lines: [
            "A up lock=e bucket=t",
            "A done",
            "B up lock=e owner=other bucket=s",
            "B done",
            "B up lock=e owner=other bucket=t",
            "B done",
            "C up lock=e owner=third bucket=t",
            "C done",
        ],
        live: [1, 2],
        ledgers: [
            "t/l 1 published: deps current, third current",
            "s/l 2 found: nobody",
            "t/l 2 found: other current",
        ],
    },
    {
        title: "a publisher that waited too long after a call does not call again",
        lines: ["A up", "A until publish", "A refused", "wait 31000", "B up owner=other", "B done", "A done"],
        live: [1],
        ledgers: ["s/l 1 published: other current, deps current"],
        publishCalls: 2,
    },
    {
        title: "a call is late, the next is refused: the lease leads to what comes of the first",
        lines: [
            "A up",
            "A until publish",
            "A late",
            "A until publish",
            "A fails",
            "A done",
            "land",
            "wait 31000",
            "B up owner=other",
            "B done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: other current"],
        publishCalls: 2,
    },
    {
        title: "a lease whose time lies ahead ends all the same",
        lines: ["A up", "A until publish", "A dies", "edit s/l 17672 97672", "B up owner=other", "B done"],
        live: [1],
        ledgers: ["s/l 1 published: other current"],
        told: ["waiting"],
    },
    {
        title: "a call lands right after the look of whoever takes over, and is found by the next",
        lines: [
            "A up",
            "A until publish",
            "A dies late",
            "wait 31000",
            "B up owner=other",
            "B until list versions",
            "B",
            "land",
            "B until write ledger",
            "B",
            "B dies",
            "wait 31000",
            "C up owner=third",
            "C done",
        ],
        live: [1],
        ledgers: ["s/l 1 published: third current"],
        told: ["lease ended 1"],
    },
];
