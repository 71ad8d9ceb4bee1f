import { type Target, targetFor } from "../target";
import { type Options, UsageError } from "./options";
import type { Settings } from "./storedDependencies";

/** The target that `--python` and `--architecture` name. Throws UsageError, and TARGET_UNSUPPORTED with what there is. */
export function readTarget(options: Options): Target | undefined {
    const pythonVersion = options.text("python");
    const architecture = options.text("architecture") ?? "x86_64";
    if (architecture !== "x86_64" && architecture !== "arm64") {
        throw new UsageError(`--architecture is x86_64 or arm64, not ${JSON.stringify(architecture)}.`);
    }
    return pythonVersion === undefined ? undefined : targetFor(pythonVersion, architecture);
}

/** The same as settings of a version that has no record; empty where no target is named. */
export function readTargetOptions(options: Options): Settings {
    const target = readTarget(options);
    return target === undefined
        ? {}
        : { pythonVersion: target.pythonFullVersion, architecture: target.architecture };
}
