import assert from "node:assert/strict";
import { createProvider } from "../../provider/dynamic/provider";
import { region } from "../unit/emulatedAws";

describe("a state of a newer release", () => {
    it("is neither read, compared, updated nor deleted, and the message says to upgrade", async () => {
        const provider = createProvider({ argv: [], cwd: () => "", env: {} });
        const id = `arn:aws:lambda:${region}:123456789012:layer:newer:1`;
        const state = { layerName: "newer", region, __layer: { schemaVersion: 1000 } };
        const runs: readonly (() => Promise<unknown>)[] = [
            () => provider.read(id, state),
            () => provider.diff(id, state, state),
            () => provider.update(id, state, state),
            () => provider.delete(id, state),
        ];
        for (const run of runs) {
            await assert.rejects(run(), {
                message: /^STATE_UNSUPPORTED: .*newer release.*→ Upgrade/s,
            });
        }
    });
});
