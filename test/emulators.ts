import { startMinistack, startMoto } from "../scripts/emulator";
import { extended } from "../scripts/testStages";

/**
 * The emulators that a test runs on, with what its title is to say: `npm test` takes the first one, `npm run test:extended` the other,
 * by the mark in the label.
 */
export const emulators = [
    { name: "ministack", label: "ministack", start: () => startMinistack() },
    { name: "moto", label: `moto, ${extended}`, start: () => startMoto() },
] as const;
