import assert from "node:assert/strict";
import { startFaultProxy } from "../faultProxy";
import { settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure } from "./place";
import { createStack } from "./simulatedEngine";
import { succeed, useStrictAws } from "./strictTests";

describe("a wrong clock of this machine", function () {
    this.timeout(60_000);
    const strict = useStrictAws();

    /** The requests of a first up, one with other dependencies, a refresh and a destroy. */
    async function requestsWith(
        skew: number,
    ): Promise<{ readonly asked: string[]; readonly refused: number }> {
        const bucket = strict.bucket();
        const layerName = uniqueName("clock");
        strict.aws.state.skew = skew;
        const proxy = await startFaultProxy(strict.aws.endpoint, () => undefined);
        try {
            configure(settingsFor(proxy.endpoint));
            const stack = createStack(layerName, "dev");
            for (const variant of [0, 1]) {
                const args = strict.project.python(variant, { layerName, bucket: bucket.name });
                await succeed(() => stack.up([{ name: "deps", type: "PythonLayer", args }]));
            }
            await succeed(() => stack.refresh());
            await succeed(() => stack.destroy());
            const plain = ({ method, path }: { method: string; path: string }) =>
                `${method} ${path.replaceAll(layerName, "<layer>").replaceAll(bucket.name, "<bucket>")}`;
            const asked = proxy.seen.map(({ request }) => plain(request));
            return { asked, refused: proxy.seen.filter(({ status }) => status === 403).length };
        } finally {
            strict.aws.state.skew = 0;
            await proxy.stop();
        }
    }

    it("costs one refused request and no other: what AWS answers is asked about once", async () => {
        const right = await requestsWith(0);
        assert.equal(right.refused, 0);
        const day = 86_400_000;
        for (const skew of [600_000, -600_000, 3 * day, -400 * day]) {
            const wrong = await requestsWith(skew);
            assert.ok(wrong.refused <= 1, `${wrong.refused} requests were refused for the time`);
            assert.equal(wrong.asked.length, right.asked.length + wrong.refused, `${skew / 1000} s`);
        }
    });
});
