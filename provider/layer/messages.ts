import type { Call } from "./host";

/** Says how much of a file of so many bytes is on its way. */
export const uploadProgress =
    (call: Call, size: number) =>
    (sent: number): void =>
        call.status(`uploading ${Math.floor((100 * sent) / size)} %`);
