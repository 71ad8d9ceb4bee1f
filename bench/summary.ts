import type { Measurement, Results, ToolId, ToolInfo } from "./results";
import { ratioByRound, type Spread, spread } from "./statistics";

/** What can be compared of a measurement: seconds or bytes. */
export type Quantity = "buildSeconds" | "packageSeconds" | "createSeconds" | "peakBytes" | "zipBytes";

/** Which measurements are meant. */
export interface Choice {
    readonly tool: ToolId;
    readonly set: string;
    readonly caches: Measurement["caches"];
}

/** A quantity by round. */
export function byRound(
    measurements: readonly Measurement[],
    { tool, set, caches }: Choice,
    quantity: Quantity,
): Map<number, number> {
    const values = new Map<number, number>();
    for (const measurement of measurements) {
        const value = measurement[quantity];
        const chosen = measurement.tool === tool && measurement.set === set && measurement.caches === caches;
        if (chosen && value !== undefined) values.set(measurement.round, value);
    }
    return values;
}

/** Median and range of a quantity; undefined where it was not measured. */
export const spreadOf = (
    measurements: readonly Measurement[],
    choice: Choice,
    quantity: Quantity,
): Spread | undefined => spread([...byRound(measurements, choice, quantity).values()]);

/** How many times ours a tool's quantity is, by round. */
export const timesOurs = (
    measurements: readonly Measurement[],
    choice: Choice,
    quantity: Quantity,
): Spread | undefined =>
    ratioByRound(
        byRound(measurements, { ...choice, tool: "ours" }, quantity),
        byRound(measurements, choice, quantity),
    );

/** How many times the floor our warm create takes, process against process, by round. */
export function timesFloor({ measurements, floor }: Results, set: string): Spread | undefined {
    const floors = floor.filter((run) => run.set === set).map((run) => [run.round, run.seconds] as const);
    const own = byRound(measurements, { tool: "ours", set, caches: "warm" }, "createSeconds");
    return ratioByRound(new Map(floors), own);
}

/** The tools that were measured on a set, and those that were not, each with the reason. */
export function toolsOn({ tools, measurements }: Results, set: string) {
    const isMeasured = ({ id }: ToolInfo) =>
        measurements.some((measurement) => measurement.tool === id && measurement.set === set);
    return { measured: tools.filter(isMeasured), absent: tools.filter((tool) => !isMeasured(tool)) };
}
