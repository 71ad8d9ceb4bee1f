import type { Spread } from "./statistics";

/** A tool under measurement; `ours` is this package. */
export type ToolId = "ours" | "seed-uv" | "seed-pip" | "uv-zip" | "sam" | "serverless";

/** What a tool is called in tables, with what was measured of it. */
export interface ToolInfo {
    readonly id: ToolId;
    readonly title: string;
    /** With which versions, and which of its steps are timed how. */
    readonly how: string;
    /** Why it is missing from the measurements; absent when it is not. */
    readonly unavailable?: string;
}

/** The wheels that a set of pinned packages consists of. Sizes in bytes. */
export interface SetInfo {
    readonly name: string;
    readonly packages: readonly string[];
    readonly wheels: number;
    readonly wheelBytes: number;
}

/** What one run of one tool took: seconds and bytes. */
export interface Measurement {
    readonly tool: ToolId;
    readonly set: string;
    /** `cold`: every cache of the tool was empty. `warm`: it had done the same before. */
    readonly caches: "cold" | "warm";
    /** Runs with the same number followed each other at once. */
    readonly round: number;
    /** The whole create, in a process of its own, from its start to its end. */
    readonly createSeconds: number;
    readonly buildSeconds?: number;
    readonly packageSeconds?: number;
    readonly zipBytes: number;
    /** The most memory that one of its processes held. */
    readonly peakBytes: number;
}

/** How a tool's zip differs from ours. */
export interface TreeComparison {
    readonly tool: ToolId;
    readonly set: string;
    readonly files: number;
    readonly uncompressedBytes: number;
    readonly zipBytes: number;
    /** Files of ours that it does not have, files it adds, files whose bytes differ; installers' notes and byte code not counted. */
    readonly missing: readonly string[];
    readonly added: readonly string[];
    readonly different: readonly string[];
    /** Installers' notes, byte code and launchers that it adds. */
    readonly notes: number;
    /** Compressed size in ours of the files that are equal in both, over that in its zip. */
    readonly sizeRatio: number;
}

/** The real CLI on a stack of so many layers, in seconds. */
export interface StackMeasurement {
    readonly layers: number;
    readonly preview: Spread;
    /** The same number of dynamic resources whose provider does nothing. */
    readonly trivialPreview: Spread;
    /** The same, with as many properties as a layer has. */
    readonly widePreview: Spread;
    /** The first `pulumi up`, once. */
    readonly upSeconds: number;
    readonly trivialUpSeconds: number;
}

/** The whole of `results.json`. */
export interface Results {
    readonly format: 1;
    readonly date: string;
    readonly machine: Readonly<Record<string, string | number>>;
    readonly versions: Readonly<Record<string, string>>;
    readonly index: string;
    readonly tools: readonly ToolInfo[];
    readonly sets: readonly SetInfo[];
    readonly measurements: readonly Measurement[];
    readonly trees: readonly TreeComparison[];
    /** By set: the parts of the floor and the whole process, in seconds, over the warm rounds. */
    readonly floor: readonly {
        readonly set: string;
        readonly round: number;
        readonly parts: Readonly<Record<string, number>>;
        readonly seconds: number;
    }[];
    /** Of the largest set: peak memory in bytes, and how long the event loop was held at most in ms. */
    readonly memory?: {
        readonly set: string;
        readonly idleBytes: number;
        readonly createBytes: number;
        readonly stallMs: number;
        readonly packStallMs: number;
    };
    /** What it costs to understand a large lock in a new process, and again in the same; milliseconds. */
    readonly manifest?: {
        readonly packages: number;
        readonly bytes: number;
        readonly readMs: Spread;
        readonly selectMs: Spread;
        readonly againMs: Spread;
    };
    readonly stacks: readonly StackMeasurement[];
    /** Bytes of a resource in the exported state. */
    readonly state?: { readonly layer: number; readonly trivial: number };
    /** Requests by operation, as `METHOD /path`. */
    readonly calls: readonly { readonly operation: string; readonly requests: readonly string[] }[];
}
