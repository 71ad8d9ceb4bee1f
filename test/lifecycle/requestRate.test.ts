import assert from "node:assert/strict";
import { type FaultProxy, startFaultProxy } from "../faultProxy";
import { defaultAccount, type StrictAws, startStrictAws } from "../strictAws";
import { addBucket } from "../strictAws/state";
import { region, settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure, enter } from "./place";
import { quietly } from "./quiet";
import { createStack } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

describe("the account's request rate", function () {
    this.timeout(120_000);
    let aws: StrictAws;
    let project: TinyProject;
    let proxy: FaultProxy;
    before(async () => {
        aws = await startStrictAws();
        project = await createTinyProject(1);
        enter(project.folder);
        addBucket(aws.state, { name: "rate-artifacts", region, account: defaultAccount });
    });
    after(async () => {
        await proxy.stop();
        await project.remove();
        await aws.stop();
    });

    it("is kept to by many layers at once: few requests are refused, none fails in the end", async () => {
        // Fifteen a second, as Lambda allows, with as many saved up.
        let [tokens, filled] = [15, performance.now()];
        proxy = await startFaultProxy(aws.endpoint, ({ service }) => {
            if (service !== "lambda") {
                return undefined;
            }
            const now = performance.now();
            tokens = Math.min(15, tokens + ((now - filled) * 15) / 1000);
            filled = now;
            if (tokens < 1) {
                return { kind: "answer", status: 429, when: "before" };
            }
            tokens -= 1;
            return undefined;
        });
        configure(settingsFor(proxy.endpoint));
        const stem = uniqueName("rate");
        const count = Number(process.env["PLL_RATE_LAYERS"] ?? 60);
        const outcomes = await quietly(() =>
            Promise.all(
                Array.from({ length: count }, (_, position) =>
                    createStack(stem, `stack${position}`).up([
                        {
                            name: "deps",
                            args: project.zip(0, {
                                layerName: `${stem}-${position}`,
                                bucket: "rate-artifacts",
                            }),
                        },
                    ]),
                ),
            ),
        );
        assert.deepEqual(
            outcomes.flatMap(({ error }) => (error === undefined ? [] : [error.message])),
            [],
        );
        assert.equal(aws.state.layers.size, count);
        const asked = proxy.seen.filter(({ request }) => request.service === "lambda");
        const refused = asked.filter(({ fault }) => fault !== undefined).length;
        console.log(`      ${refused} of ${asked.length} requests for ${count} layers were refused`);
        assert.ok(refused < asked.length / 2);
    });
});
