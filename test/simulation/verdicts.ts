import { holdings } from "../../provider/publish/ledger/ledger";
import { unheldVersions } from "./expectations";
import { comeToRest, type Stage } from "./script";
import { ledgersOf } from "./watch";

/** What may be wrong with a run that came to rest; the first thing that is. */
export type Verdict = (stage: Stage) => Promise<string | undefined>;

/** For runs in which nothing but answers was lost: what is held is what the states have, and what `keepVersions` keeps. */
export const isAsExpected: Verdict = async (stage) => {
    const { disturbed, stacks, expectations, world } = stage.result();
    const failed = stacks.find(({ error }) => error !== undefined);
    if (disturbed) {
        return undefined;
    }
    return failed === undefined
        ? expectations.differences(world)[0]
        : `${failed.name} failed: ${String(failed.error)}`;
};

/**
 * For runs in which processes died: once everybody has run again and has been destroyed, nothing is left on the way, and every hold that
 * is left over was named in some message.
 */
export const isTold =
    (owners: Readonly<Record<string, string>>): Verdict =>
    async (stage) => {
        await stage.play("wait 60000");
        for (const [name, owner] of Object.entries(owners)) {
            const runs = [`up owner=${owner}2`, "destroy", `up owner=${owner}`, "destroy"];
            for (const line of runs.map((run) => `${name} ${run}`)) {
                for (let attempt = 1; attempt <= 2; attempt++) {
                    await stage.play(line);
                    await stage.play(`${name} done`);
                }
            }
        }
        await comeToRest(stage);
        const { world, fault } = stage.result();
        if (fault !== undefined) {
            return fault;
        }
        const told = JSON.stringify(world.notes);
        for (const layer of world.layers.keys()) {
            for (const ledger of ledgersOf(world, layer)) {
                if (ledger.publishing.size > 0) {
                    return "a lease is left over";
                }
                const silent = holdings(ledger).find(
                    ({ createId, holder }) => holder.use === "current" && !told.includes(`"${createId}"`),
                );
                if (silent !== undefined) {
                    return `create ${silent.createId} holds version ${silent.version}, and nobody was told`;
                }
            }
        }
        return unheldVersions(world, "a version may wait for the next create of its key")[0];
    };
