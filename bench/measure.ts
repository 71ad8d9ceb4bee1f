import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../scripts/cacheFolder";
import { mustRun } from "../scripts/command";
import type { Command } from "./tools";

/** What a measured process took, and what it left in its report. */
export interface Measured {
    readonly seconds: number;
    /** The most memory that one process of its tree held. */
    readonly peakBytes: number;
    /** Seconds by step, as the process itself timed them. */
    readonly steps: Readonly<Record<string, number>>;
    /** All of the report. */
    readonly report: Readonly<Record<string, unknown>>;
}

/**
 * Runs a command to its end with its report's path in `BENCH_REPORT`. `python` is any interpreter: it counts the memory.
 * Rejects with the last lines of what was printed when the command fails or leaves no report.
 */
export async function measure(
    command: Command,
    options: {
        readonly cwd: string;
        readonly env: Readonly<Record<string, string>>;
        readonly python: string;
    },
): Promise<Measured> {
    const [usagePath, reportPath] = ["usage.json", "report.json"].map((name) =>
        join(options.cwd, "temporary", name),
    ) as [string, string];
    await Promise.all([usagePath, reportPath].map((path) => rm(path, { force: true })));
    const counter = join(repository, "bench", "measure.py");
    await mustRun(options.python, [counter, usagePath, command.program, ...command.args], {
        cwd: options.cwd,
        env: { ...options.env, ...command.env, BENCH_REPORT: reportPath },
    });
    const [usage, report] = await Promise.all([usagePath, reportPath].map(readObject));
    const outside = numberOf(report?.["outsideSeconds"] ?? 0);
    return {
        seconds: numberOf(usage?.["seconds"]) - outside,
        peakBytes: numberOf(usage?.["peakBytes"]),
        steps: Object.fromEntries(
            Object.entries(asObject(report?.["steps"])).map(([name, value]) => [name, numberOf(value)]),
        ),
        report: report ?? {},
    };
}

async function readObject(path: string): Promise<Record<string, unknown>> {
    return asObject(JSON.parse(await readFile(path, "utf8")));
}

/** An object's properties. Throws an Error for what is none. */
export function asObject(value: unknown): Record<string, unknown> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new Error(`Not an object: ${JSON.stringify(value)}`);
    }
    return Object.fromEntries(Object.entries(value));
}

/** A number. Throws an Error for what is none. */
export function numberOf(value: unknown): number {
    if (typeof value !== "number") {
        throw new Error(`Not a number: ${JSON.stringify(value)}`);
    }
    return value;
}
