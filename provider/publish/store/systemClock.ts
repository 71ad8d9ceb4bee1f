import { randomUUID } from "node:crypto";
import { pause } from "../../retry";
import type { Clock } from "../operations/place";

/** This machine's time and chance. Sleeps end when either signal aborts. */
export const systemClock = (signal: AbortSignal): Clock => ({
    now: () => performance.now(),
    sleep: (milliseconds, other) =>
        pause(milliseconds, other === undefined ? signal : AbortSignal.any([signal, other])),
    random: Math.random,
    newId: randomUUID,
});
