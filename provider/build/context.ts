import type { Wheel } from "./model";
import type { Run } from "./run";

/** What the build step works with; nothing in it reaches for anything else. */
export interface BuildContext {
    readonly run: Run;
    /** Ends the build: no child runs and no file is left once it has thrown. */
    readonly signal: AbortSignal;
    /** Kept between runs and shared by processes; see `wheelCache.ts`. */
    readonly cacheFolder: string;
    /** Exists, belongs to this build alone, and is removed by the caller. Built wheels are in it. */
    readonly temporaryFolder: string;
    /** Takes one line on what is being done. */
    readonly report: (line: string) => void;
    /** Takes one line that the user should do something about. @default - {@link report} */
    readonly warn?: ((line: string) => void) | undefined;
    /** Takes each fetched wheel as soon as it is there and verified. @default - nobody asks */
    readonly onWheel?: ((wheel: Wheel) => void) | undefined;
    /** Called when one more wheel is there, fetched or built. @default - nobody asks */
    readonly onArrival?: (() => void) | undefined;
    /** Variables of the machine that builds. Foreign programs see a part of them. */
    readonly environment: NodeJS.ProcessEnv;
}
