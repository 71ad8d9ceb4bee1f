import { createStage, type Line, type Stage } from "./script";
import { describeLedgers } from "./traces";

/** A run of the engine that is cut short at each of its steps. */
export interface KilledRun {
    readonly title: string;
    /** What there is before. */
    readonly before: readonly Line[];
    /** The command that is killed, and then given again. */
    readonly command: Line;
    /**
     * Where a kill leaves a ghost, a hold that no state knows: between the write that makes the holder and the engine's save. Nothing tells it
     * from a second state with the same names, so it stays, and is told.
     */
    readonly ghosts: readonly string[];
    /** The version with its ghost. */
    readonly ghost: string;
}

/** A kill after which the same command does not lead to what it leads to when nobody is killed. */
export interface KillDifference {
    /** `write ledger lands` */
    readonly point: string;
    /** What there is, and would not be; what there is not, and would be. */
    readonly left: readonly string[];
    /** Whether a note of the second run names the ghost. */
    readonly told: boolean;
}

const ghostOf = (version: number) => `s/l ${version} published: deps current, deps current`;

export const killedRuns: readonly KilledRun[] = [
    {
        title: "create",
        before: [],
        command: "A up",
        ghosts: ["write ledger lands", "save"],
        ghost: ghostOf(1),
    },
    {
        title: "create with permissions",
        before: [],
        command: "A up permissions=x",
        ghosts: [
            "write ledger lands",
            "read policy",
            "read ledger",
            "add permission",
            "add permission lands",
            "read policy",
            "read ledger",
            "add permission",
            "add permission lands",
            "write ledger",
            "write ledger lands",
            "save",
        ],
        ghost: ghostOf(1),
    },
    {
        title: "reuse",
        before: ["B up owner=other"],
        command: "A up",
        ghosts: ["write ledger lands", "save"],
        ghost: "s/l 1 published: other current, deps current, deps current",
    },
    {
        title: "replace",
        before: ["A up lock=a"],
        command: "A up lock=b",
        ghosts: ["write ledger lands", "save"],
        ghost: ghostOf(2),
    },
    {
        title: "replace, keepVersions 0",
        before: ["A up lock=a keep=0"],
        command: "A up lock=b keep=0",
        ghosts: ["write ledger lands", "save"],
        ghost: ghostOf(2),
    },
    {
        title: "deleteBeforeReplace",
        before: ["A up lock=a"],
        command: "A up lock=b dbr",
        ghosts: ["write ledger lands", "save"],
        ghost: ghostOf(2),
    },
    {
        title: "deleteBeforeReplace, keepVersions 0",
        before: ["A up lock=a keep=0"],
        command: "A up lock=b keep=0 dbr",
        ghosts: [
            "write ledger lands",
            "delete version",
            "delete version lands",
            "delete objects",
            "delete objects lands",
            "write ledger",
            "write ledger lands",
            "save",
        ],
        ghost: ghostOf(2),
    },
    {
        title: "revert",
        before: ["A up lock=a", "A up lock=b"],
        command: "A up lock=a",
        ghosts: ["write ledger lands", "save"],
        ghost: ghostOf(1),
    },
    {
        title: "update",
        before: ["A up lock=a", "A up lock=b"],
        command: "A up lock=b keep=0",
        ghosts: [],
        ghost: "",
    },
    {
        title: "permissions",
        before: ["A up permissions=x"],
        command: "A up permissions=y",
        ghosts: [],
        ghost: "",
    },
    {
        title: "move",
        before: ["A up permissions=x"],
        command: "A up permissions=x bucket=t",
        ghosts: [],
        ghost: "",
    },
    {
        title: "rename",
        before: ["A up lock=a", "A up lock=b"],
        command: "A up lock=b owner=new",
        ghosts: [],
        ghost: "",
    },
    {
        title: "another layer",
        before: ["A up layer=m keep=0"],
        command: "A up keep=0",
        ghosts: ["write ledger lands", "save"],
        ghost: ghostOf(1),
    },
    { title: "destroy", before: ["A up"], command: "A destroy", ghosts: [], ghost: "" },
    {
        title: "destroy with forceDestroy",
        before: ["A up lock=a force", "A up lock=b force"],
        command: "A destroy",
        ghosts: [],
        ghost: "",
    },
];

/** Everything there is: ledgers, versions, permissions, state. */
function worldOf(stage: Stage): string[] {
    const { world, stacks } = stage.result();
    const known = describeLedgers(stage);
    const versions = [...world.layers].flatMap(([layer, all]) =>
        all
            .filter(({ deletedAt }) => deletedAt === undefined)
            .map(({ version, statements }) => {
                const grantees = [...statements].flatMap(([bucket, ours]) =>
                    [...ours.values()].flatMap((each) =>
                        "grantee" in each ? [`${bucket} ${each.grantee}`] : [],
                    ),
                );
                return `Lambda ${layer} ${version}: ${grantees.sort().join(", ") || "nobody else"}`;
            }),
    );
    const states = stacks.map(({ name, current, pending }) =>
        [`state of ${name}:`, current?.version ?? "none", ...pending.map(({ version }) => version)].join(" "),
    );
    const { late } = world.scheduler;
    return [...known, ...versions, ...states, ...(late.length > 0 ? ["late"] : [])];
}

async function begin({ before, command }: KilledRun): Promise<Stage> {
    const stage = createStage(["A", "B"]);
    for (const line of before) {
        await stage.play(line);
        await stage.play(`${line.split(" ")[0]} done`);
    }
    await stage.play(command);
    return stage;
}

/**
 * Kills a run before each of its steps, with the call on its way lost or having its effect, and gives the command again.
 *
 * @returns where that makes a difference
 */
export async function killEverywhere(run: KilledRun): Promise<KillDifference[]> {
    const undisturbed = await begin(run);
    await undisturbed.play("A done");
    const wanted = worldOf(undisturbed);
    const differences: KillDifference[] = [];
    for (let point = 0; ; point++) {
        for (const fate of ["lost", "lands"]) {
            const stage = await begin(run);
            for (let step = 0; step < point; step++) {
                await stage.play("A");
            }
            const [call] = stage.world.scheduler.pendingOf("A");
            if (call === undefined) {
                return differences;
            }
            if (fate === "lands" && call.effect === undefined) {
                continue;
            }
            await stage.play(`A dies ${fate}`);
            await stage.play("wait 60000");
            const { notes } = stage.world;
            const before = notes.length;
            await stage.play(run.command);
            await stage.play("A done");
            const { fault, stacks } = stage.result();
            const error = stacks[0]?.error;
            const found = worldOf(stage);
            const left = [
                ...(fault === undefined ? [] : [fault]),
                ...(error === undefined ? [] : [String(error)]),
                ...found.filter((line) => !wanted.includes(line)),
                ...wanted.filter((line) => !found.includes(line)).map((line) => `without ${line}`),
            ];
            if (left.length > 0) {
                const told = notes.slice(before).some(({ note }) => note.code === "other hold");
                differences.push({ point: fate === "lands" ? `${call.name} lands` : call.name, left, told });
            }
        }
    }
}
