import { versionList } from "../quantities";
import type { Call } from "./host";

/** Says which superseded versions are deleted, where any are. */
export function reportSuperseded(call: Call, deleted: readonly number[]): void {
    if (deleted.length > 0) {
        call.log("info", `deleted superseded ${versionList(deleted)}`);
    }
}

/** Says how much of a file of so many bytes is on its way. */
export const uploadProgress =
    (call: Call, size: number) =>
    (sent: number): void =>
        call.status(`uploading ${Math.floor((100 * sent) / size)} %`);
