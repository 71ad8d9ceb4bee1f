import { startFaultProxy } from "../faultProxy";
import type { LoopbackServer } from "../loopback";

/** A server in front of an endpoint that passes everything on and keeps a list of it. */
export interface RecordingProxy extends LoopbackServer {
    /** `PUT /bucket/key` for every request since the last call of this, in order. */
    take(): string[];
}

/** Starts a proxy in front of an `http:` endpoint. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
    const { seen, ...server } = await startFaultProxy(target, () => undefined);
    return {
        ...server,
        take: () => seen.splice(0).map(({ request: { method, path } }) => `${method} ${path}`),
    };
}
