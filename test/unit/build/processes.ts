import { readFile } from "node:fs/promises";

/** Whether a process runs; one that has ended and waits for its parent to notice does not. */
export async function isRunning(pid: number): Promise<boolean> {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").then(
        (text) => text.replace(/^.*\)\s*/s, "").charAt(0),
        () => undefined,
    );
    if (process.platform === "linux") return state !== undefined && state !== "Z";
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}
