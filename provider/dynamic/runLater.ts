import type { Run } from "../build/run";

/** Loads what starts programs when one is to be started: a preview of an unchanged stack starts none. */
export const runLater: Run = async (...args) => (await import("../build/run")).run(...args);
