import { basename } from "node:path/posix";
import type { Wheel } from "../build/model";
import { waysOutOfBuilt } from "../build/refusal";
import { LayerError } from "../errors";
import { parseWheelName, platformTags } from "../manifest/wheelTag";
import type { Target } from "../target";
import { elfMachine } from "./elf";
import type { ElfFile, WheelFacts } from "./inspectWheels";

/** How many files or libraries a message names before it counts the rest. */
const named = 4;

/**
 * Libraries that the managed Python runtimes have on both Amazon Linux 2 and 2023: glibc's own (less what AL2023 moved out
 * of it), the compiler's two and zlib, all of which manylinux wheels may rely on (PEP 599, PEP 600), and Python's own.
 */
const runtimeLibraries =
    /^(ld-linux(-x86-64|-aarch64)?\.so\.\d|lib(c|m)\.so\.6|lib(pthread|dl|rt|util|anl|BrokenLocale|nss_\w+|resolv|thread_db)\.so\.\d|lib(gcc_s\.so\.1|stdc\+\+\.so\.6|z\.so\.1)|linux-vdso\.so\.1|libpython3(\.\d+)?\.so(\.1\.0)?)$/;

/** Machines of ELF files that no CPU loads: CUDA, AMD GPUs, eBPF. */
const acceleratorMachines = [190, 224, 247];

const machineNames: ReadonlyMap<number, string> = new Map([
    [3, "x86 (32 bits)"],
    [20, "PowerPC"],
    [21, "ppc64"],
    [22, "s390x"],
    [40, "ARM (32 bits)"],
    [62, "x86_64"],
    [183, "aarch64"],
    [243, "RISC-V"],
    [258, "LoongArch"],
]);

/**
 * Holds the wheels' ELF files against the target.
 *
 * Throws PLATFORM_MISMATCH for a platform wheel that is for another platform by its name, or has a file for another machine
 * or one that needs a newer glibc than the target has; and for a wheel that was built here and has such a file or an extension module
 * of another CPython, whatever its name says.
 *
 * @returns warnings: the same in a published wheel for any platform, which may have reasons to carry such a file, and libraries
 * that are needed and that neither the layer nor the runtime is known to have.
 */
export function checkPlatform(
    wheels: readonly { readonly wheel: Wheel; readonly facts: WheelFacts }[],
    target: Target,
    layerPaths: Iterable<string>,
): string[] {
    const provided = new Set<string>();
    for (const path of layerPaths) {
        if (/\.so(\.|$)/.test(path)) provided.add(basename(path));
    }
    return wheels.flatMap(({ wheel, facts }) => {
        const forAny = checkWheelName(wheel, target);
        const isBuilt = wheel.origin === "built";
        const complaints = facts.flatMap(
            (file) =>
                complaintAbout(file, target) ?? (isBuilt ? otherPythonOf(file, target) : undefined) ?? [],
        );
        if (complaints.length > 0 && (isBuilt || !forAny)) throw mismatch(wheel, target, complaints);
        const warnings = complaints.length === 0 ? [] : [anyWarning(wheel, complaints, target)];
        const missing = facts
            .filter(
                (file) =>
                    complaintAbout(file, target) === undefined && !acceleratorMachines.includes(file.machine),
            )
            .flatMap(({ needed }) => needed)
            .filter((library) => !provided.has(library) && !runtimeLibraries.test(library));
        return missing.length === 0 ? warnings : [...warnings, missingWarning(wheel, missing)];
    });
}

/** Whether the wheel is for any platform. Throws PLATFORM_MISMATCH when it is for others than the target's. */
function checkWheelName(wheel: Wheel, target: Target): boolean {
    const platforms = parseWheelName(wheel.filename)?.platforms ?? [];
    if (platforms.includes("any")) return true;
    const loadable = platformTags(target);
    if (platforms.some((platform) => loadable.includes(platform))) return false;
    throw mismatch(wheel, target, [`its name says ${platforms.join(", ") || "nothing of a platform"}`]);
}

/** What keeps the target from loading a file; undefined when nothing does. */
function complaintAbout(file: ElfFile, target: Target): string | undefined {
    if (acceleratorMachines.includes(file.machine)) return undefined;
    if (file.machine !== elfMachine[target.machine] || file.bits !== 64 || !file.littleEndian) {
        return `${file.path} is for ${machineNames.get(file.machine) ?? `ELF machine ${file.machine}`}`;
    }
    const { glibc } = file;
    if (glibc === undefined) return undefined;
    const [major, minor] = target.glibc;
    const tooNew = glibc[0] > major || (glibc[0] === major && glibc[1] > minor);
    return tooNew ? `${file.path} needs glibc ${glibc.join(".")}` : undefined;
}

/** What an extension module's name says of another CPython than the target's: `_speed.cpython-311-x86_64-linux-gnu.so`. */
function otherPythonOf({ path }: ElfFile, target: Target): string | undefined {
    const [, major, minor] = /\.cpython-(\d)(\d+)[a-z]*-[^/]*\.so$/.exec(path) ?? [];
    if (major === undefined || `${major}.${minor}` === target.pythonVersion) return undefined;
    return `${path} is for Python ${major}.${minor}`;
}

function mismatch(wheel: Wheel, target: Target, complaints: readonly string[]): LayerError {
    return new LayerError("PLATFORM_MISMATCH", {
        what:
            `${wheel.name} ${wheel.version} can't be loaded by ${target.runtime} on ${target.architecture} ` +
            `(${target.machine}, glibc ${target.glibc.join(".")}).`,
        where: wheel.filename,
        detail: shortened(complaints),
        next:
            wheel.origin === "built"
                ? waysOutOfBuilt(wheel.name)
                : [
                      `Lock a version of ${wheel.name} that has a wheel for the target, or give the layer a target that this one suits.`,
                      `Or leave it out, where the functions do not need it: exclude: ["${wheel.name}"].`,
                  ],
    });
}

function anyWarning(wheel: Wheel, complaints: readonly string[], target: Target): string {
    return (
        `${wheel.name} ${wheel.version} is a wheel for any platform, but has files that ${target.runtime} on ` +
        `${target.architecture} can't load: ${shortened(complaints).join("; ")}.`
    );
}

function missingWarning(wheel: Wheel, libraries: readonly string[]): string {
    const distinct = [...new Set(libraries)].sort();
    return (
        `${wheel.name} ${wheel.version} needs ${shortened(distinct).join(", ")}, which neither the layer nor ` +
        "the Lambda runtime is known to have: importing it may fail."
    );
}

const shortened = (items: readonly string[]): string[] =>
    items.length <= named ? [...items] : [...items.slice(0, named), `and ${items.length - named} more`];
