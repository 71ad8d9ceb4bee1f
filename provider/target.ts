import { LayerError } from "./errors";

/** Instruction sets of AWS Lambda, as its API names them. */
export type Architecture = "x86_64" | "arm64";

/** The place a layer runs in: everything that decides which file of a package can be installed. */
export interface Target {
    /** Full Python version that markers are evaluated for: `3.13.5`. */
    readonly pythonFullVersion: string;
    /** Whether the user named the patch release; otherwise it is a late one, which a manifest may move. */
    readonly patchRelease: "given" | "assumed";
    /** `3.13`. */
    readonly pythonVersion: string;
    /** Lambda runtime identifier: `python3.13`. */
    readonly runtime: string;
    readonly architecture: Architecture;
    /** The machine's name in platform tags and markers: `x86_64` or `aarch64`. */
    readonly machine: "x86_64" | "aarch64";
    /** glibc of the runtime's Amazon Linux, `[2, 34]`. */
    readonly glibc: readonly [number, number];
}

/** The glibc of each Amazon Linux; manylinux tags above it do not run there (aws-lambda-builders, `_RUNTIME_GLIBC`). */
const glibcOf = { AL2: [2, 26], AL2023: [2, 34] } as const;

/** What Lambda has for one minor version of Python. */
interface Runtime {
    readonly amazonLinux: keyof typeof glibcOf;
    /**
     * The release that markers are evaluated for unless the user names another or the manifest allows only others.
     * Lambda updates patch releases by itself, so it only has to be a late one: markers on patch releases tell early,
     * broken ones from later ones.
     */
    readonly fullVersion: string;
    /** Day from which Lambda calls the runtime deprecated, where one is set. */
    readonly deprecation?: string;
}

/**
 * Lambda's Python runtimes by minor version, oldest first.
 *
 * Source: AWS Lambda developer guide, "Lambda runtimes", and the `Runtime` values of the Lambda API. That 3.15 is on
 * Amazon Linux 2023 is taken from its predecessors.
 */
const runtimes: ReadonlyMap<string, Runtime> = new Map<string, Runtime>([
    ["3.9", { amazonLinux: "AL2", fullVersion: "3.9.25", deprecation: "2025-12-15" }],
    ["3.10", { amazonLinux: "AL2", fullVersion: "3.10.19", deprecation: "2026-10-31" }],
    ["3.11", { amazonLinux: "AL2", fullVersion: "3.11.14", deprecation: "2027-06-30" }],
    ["3.12", { amazonLinux: "AL2023", fullVersion: "3.12.12", deprecation: "2028-10-31" }],
    ["3.13", { amazonLinux: "AL2023", fullVersion: "3.13.11", deprecation: "2029-06-30" }],
    ["3.14", { amazonLinux: "AL2023", fullVersion: "3.14.3", deprecation: "2029-06-30" }],
    ["3.15", { amazonLinux: "AL2023", fullVersion: "3.15.0" }],
]);

/** Runtimes that no function can be created with or updated to any more, and the day of their deprecation. */
const retiredRuntimes: ReadonlyMap<string, string> = new Map([
    ["2.7", "2021-07-15"],
    ["3.6", "2022-07-18"],
    ["3.7", "2023-12-04"],
    ["3.8", "2024-10-14"],
]);

/** The minor versions of Python that a target can have, oldest first: `["3.9", …, "3.15"]`. */
export const pythonVersions: readonly string[] = [...runtimes.keys()];

/** Lambda's architectures, with the name that Python and wheels have for the machine. */
const machineOf: Readonly<Record<Architecture, Target["machine"]>> = { x86_64: "x86_64", arm64: "aarch64" };

/**
 * The target that a Python version and an architecture mean.
 *
 * @param pythonVersion `"3.13"`, a runtime identifier (`"python3.13"`), or a full version for markers (`"3.13.5"`,
 * `"python3.13.5"`). Without a patch release a late one is taken.
 * @throws LayerError TARGET_UNSUPPORTED for what Lambda does not have, no longer has, or what is no version;
 * the message says which versions exist.
 */
export function targetFor(pythonVersion: string, architecture: Architecture): Target {
    const machine = Object.hasOwn(machineOf, architecture) ? machineOf[architecture] : undefined;
    if (machine === undefined) {
        throw unsupported(
            "architecture",
            `AWS Lambda has no architecture ${JSON.stringify(architecture)}.`,
            'Set architecture to "x86_64" or "arm64" (which is what Python calls aarch64).',
        );
    }
    const match = /^(?:python)?(\d+\.\d+)(?:\.(\d+))?$/.exec(pythonVersion.trim());
    if (match?.[1] === undefined) {
        throw unsupported(
            "pythonVersion",
            `${JSON.stringify(pythonVersion)} is not a version of Python.`,
            'Set pythonVersion to "3.13", to a runtime like "python3.13", or to a full version like "3.13.5".',
        );
    }
    const [minor, patch] = [match[1], match[2]];
    const runtime = runtimes.get(minor);
    if (runtime === undefined) {
        const retired = retiredRuntimes.get(minor);
        const tooNew = isLater(minor, pythonVersions.at(-1) ?? minor);
        throw unsupported(
            "pythonVersion",
            retired !== undefined
                ? `AWS Lambda no longer creates or updates functions with python${minor}, deprecated on ${retired}.`
                : `AWS Lambda has no runtime python${minor}${tooNew ? " that this release of pulumi-lambda-layer knows" : ""}.`,
            `Set pythonVersion to one of ${pythonVersions.join(", ")}${tooNew ? ", or upgrade pulumi-lambda-layer" : ""}.`,
        );
    }
    return {
        pythonFullVersion: patch === undefined ? runtime.fullVersion : `${minor}.${Number(patch)}`,
        patchRelease: patch === undefined ? "assumed" : "given",
        pythonVersion: minor,
        runtime: `python${minor}`,
        architecture,
        machine,
        glibc: glibcOf[runtime.amazonLinux],
    };
}

/**
 * What a user should hear about a target that works today but will not for long; undefined when there is nothing.
 *
 * @param today The day to judge for, so that the answer depends on nothing else.
 */
export function deprecationNotice(target: Target, today: Date): string | undefined {
    const deprecation = runtimes.get(target.pythonVersion)?.deprecation;
    if (deprecation === undefined || today.toISOString().slice(0, 10) < deprecation) return undefined;
    return (
        `AWS Lambda deprecated ${target.runtime} on ${deprecation}: new functions with it may be refused. ` +
        `Move to one of ${pythonVersions.filter((version) => isLater(version, target.pythonVersion)).join(", ")}.`
    );
}

/** The target in words for messages: `python3.13 on arm64 (manylinux_2_34_aarch64 or older)`. */
export function describeTarget(target: Target): string {
    return `${target.runtime} on ${target.architecture} (manylinux_${target.glibc.join("_")}_${target.machine} or older)`;
}

function isLater(version: string, than: string): boolean {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
    return major !== thanMajor ? major > thanMajor : minor > thanMinor;
}

function unsupported(property: string, what: string, next: string): LayerError {
    return new LayerError("TARGET_UNSUPPORTED", { what, next, property });
}
