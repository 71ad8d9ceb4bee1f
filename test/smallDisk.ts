import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** File systems that a test mounts; unmount them after each test. */
export interface Mounts {
    /**
     * Mounts an empty file system in memory: `size=64k`, `ro`. Where this machine does not let the tests mount anything, the test is
     * skipped.
     */
    mount(test: Mocha.Context, options: string, place: string): Promise<void>;
    /** Makes a folder one that nobody can write to, root included. The test is skipped where that takes a mount which is not allowed. */
    makeReadOnly(test: Mocha.Context, place: string): Promise<void>;
    unmount(): Promise<void>;
}

export function smallDisks(): Mounts {
    const mounted: string[] = [];
    const mounting = async (test: Mocha.Context, place: string, args: readonly string[]) => {
        try {
            await run("mount", [...args, place]);
        } catch {
            // biome-ignore lint/suspicious/noSkippedTests: only where nothing may be mounted
            test.skip();
        }
        mounted.push(place);
    };
    return {
        mount: (test, options, place) => mounting(test, place, ["-t", "tmpfs", "-o", options, "tmpfs"]),
        makeReadOnly: async (test, place) => {
            if (process.getuid?.() !== 0) {
                await run("chmod", ["-R", "a-w", place]);
                return;
            }
            await mounting(test, place, ["--bind", place]);
            await run("mount", ["-o", "remount,bind,ro", place]);
        },
        unmount: async () => {
            for (const place of mounted.splice(0)) await run("umount", [place]);
        },
    };
}
