import assert from "node:assert/strict";
import { createStage } from "./script";

/**
 * AWS calls of the protocol itself. What the product adds to them is not in it: a look at the bucket, one at the artifact, and the writes
 * of manifest and record, which `describe` and `delete objects` stand for.
 */
const budgets: readonly {
    readonly title: string;
    readonly before: readonly string[];
    readonly run: string;
    readonly calls: string;
}[] = [
    {
        title: "first publish",
        before: [],
        run: "up lock=a",
        calls: "read ledger, upload, list versions, write ledger, publish, describe, write ledger",
    },
    {
        title: "reuse",
        before: ["up lock=a", "up lock=b"],
        run: "up lock=a replace",
        calls: "read ledger, get version, describe, write ledger, read ledger, write ledger",
    },
    {
        title: "new version with the old half's delete",
        before: ["up lock=a"],
        run: "up lock=b",
        calls: "read ledger, upload, list versions, write ledger, publish, describe, write ledger, read ledger, write ledger",
    },
    {
        title: "an update of nothing that the ledger knows",
        before: ["up lock=a"],
        run: "up lock=a force",
        calls: "read ledger, get version, describe",
    },
    { title: "unchanged", before: ["up lock=a"], run: "up lock=a", calls: "" },
    { title: "refresh", before: ["up lock=a"], run: "refresh", calls: "read ledger, get version" },
    {
        title: "destroy",
        before: ["up lock=a"],
        run: "destroy",
        calls: "read ledger, write ledger, delete version, delete objects, remove ledger",
    },
    {
        title: "first publish with a permission",
        before: [],
        run: "up permissions=x",
        calls: "read ledger, upload, list versions, write ledger, publish, describe, write ledger, read policy, read ledger, add permission, read policy, read ledger, add permission, write ledger",
    },
    {
        title: "another permission",
        before: ["up permissions=x"],
        run: "up permissions=y",
        calls: "read ledger, get version, write ledger, describe, read policy, read ledger, add permission, remove permission, write ledger",
    },
];

describe("AWS calls of the ledger's protocol", () => {
    for (const { title, before, run, calls } of budgets) {
        it(title, async () => {
            const stage = createStage(["A"]);
            for (const line of before) {
                await stage.play(`A ${line}`);
                await stage.play("A done");
            }
            const made = stage.world.calls.get("A")?.length ?? 0;
            await stage.play(`A ${run}`);
            await stage.play("A done");
            const ours = (stage.world.calls.get("A") ?? []).slice(made).filter((name) => name !== "save");
            assert.equal(ours.join(", "), calls);
        });
    }
});
