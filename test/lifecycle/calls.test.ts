import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Emulator, startMinistack } from "../../scripts/emulator";
import { type FaultProxy, startFaultProxy } from "../faultProxy";
import { clientsAt, createBucket, settingsFor, uniqueName } from "../unit/emulatedAws";
import { configure, enter } from "./place";
import { quietly } from "./quiet";
import { createStack, type Declared, type RunOutcome } from "./simulatedEngine";
import { createTinyProject, type TinyProject } from "./tinyProject";

/** Each call is some 40 ms of somebody's time. The account is asked for once a process, and a lease is renewed every 20 s: neither is counted. */
describe("AWS calls", function () {
    this.timeout(60_000);
    let emulator: Emulator;
    let proxy: FaultProxy;
    let project: TinyProject;
    let bucket: string;

    before(async () => {
        [emulator, project] = await Promise.all([startMinistack(), createTinyProject(2)]);
        proxy = await startFaultProxy(emulator.endpoint, () => undefined);
        bucket = (await createBucket(await clientsAt(emulator.endpoint))).name;
        enter(project.folder);
        configure(settingsFor(proxy.endpoint));
    });
    after(async () => {
        await proxy?.stop();
        await project?.remove();
        await emulator?.stop();
    });

    /** Asserts how many calls a run makes at most, and what it does. */
    async function within(most: number, steps: readonly string[], run: () => Promise<RunOutcome>) {
        proxy.seen.splice(0);
        const outcome = await quietly(run);
        assert.equal(outcome.error?.message, undefined);
        assert.deepEqual(outcome.steps, steps);
        const calls = proxy.seen
            .map(({ request }) => request)
            .filter(({ service }) => service !== "sts")
            .map(({ method, path }) => `${method} ${path}`);
        assert.ok(calls.length <= most, `${calls.length} instead of ${most}:\n${calls.join("\n")}`);
    }

    it("are few for each operation, and none for what is unchanged", async () => {
        const layerName = uniqueName("calls");
        const stack = createStack("calls", "dev");
        const declared = (variant: number): Declared => ({
            name: "deps",
            type: "PythonLayer",
            args: project.python(variant, { layerName, bucket }),
        });
        const up = (variant: number) => () => stack.up([declared(variant)]);
        await within(10, ["create deps"], up(0));
        await within(0, [], up(0));
        await within(4, [], () => stack.refresh());
        await within(5, ["create deps"], () => createStack("calls", "other").up([declared(0)]));
        await within(12, ["create deps", "delete deps"], up(1));
        await within(7, ["create deps", "delete deps"], up(0));
        const lock = path.join(project.folder, "uv-0.lock");
        await writeFile(lock, `# the same dependencies\n${await readFile(lock, "utf8")}`);
        await within(5, ["update deps"], up(0));
        // The manifest that is kept has other bytes than the one that the version was published with.
        await within(6, ["create deps"], () => createStack("calls", "third").up([declared(0)]));
        await within(4, ["delete deps"], () => stack.destroy());
        const alone = createStack("calls", "alone");
        const only = { ...declared(1), args: { ...declared(1).args, layerName: `${layerName}-alone` } };
        await within(10, ["create deps"], () => alone.up([only]));
        await within(6, ["delete deps"], () => alone.destroy());
    });
});
