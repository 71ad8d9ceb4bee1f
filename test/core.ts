import { setMaxListeners } from "node:events";
import { tmpdir } from "node:os";
import { createAwsSession, type Patience } from "../provider/aws/session";
import type { GetSetting } from "../provider/aws/settingReader";
import { run } from "../provider/build/run";
import type { Call, Host } from "../provider/layer/host";
import { createLayers, type Layers } from "../provider/layer/layers";
import { createRunMemory } from "../provider/layer/memory";

/** The core with a host of its own, as a front end makes one for each run. */
export interface TestCore {
    readonly host: Host;
    readonly layers: Layers;
    readonly call: Call;
    /** What was said, without progress: warnings begin with `warning: `. */
    readonly said: string[];
}

/** How a {@link TestCore} differs from the process that runs the tests. */
export interface TestPlace {
    /** Default: the working folder. */
    readonly folder?: string;
    /** Default: the system's. */
    readonly temporaryFolder?: string;
    /** Default: the process's. */
    readonly environment?: NodeJS.ProcessEnv;
    /** Default: none but the region `eu-central-1`. */
    readonly settings?: GetSetting;
    readonly patience?: Patience;
    /** Default: one that never aborts. */
    readonly signal?: AbortSignal;
}

/** The settings of a stack that says nothing but its region. */
export const onlyRegion: GetSetting = (key) => (key === "aws:region" ? "eu-central-1" : undefined);

/** A core that nothing has been asked of. */
export function openCore(place: TestPlace = {}): TestCore {
    const { folder = process.cwd(), environment = process.env, settings = onlyRegion, patience } = place;
    const { temporaryFolder = tmpdir(), signal = new AbortController().signal } = place;
    setMaxListeners(0, signal);
    const aws = createAwsSession(settings, environment, patience);
    const host = { folder, environment, temporaryFolder, aws, run, memory: createRunMemory() };
    const said: string[] = [];
    const call: Call = {
        signal,
        log: (severity, text) => said.push(severity === "warning" ? `warning: ${text}` : text),
        status: () => undefined,
    };
    return { host, layers: createLayers(host), call, said };
}
