import { type Target, targetFor } from "../target";
import { type Options, UsageError } from "./options";

/** The target that `--python` and `--architecture` name. Throws UsageError, and TARGET_UNSUPPORTED with what there is. */
export function readTarget(options: Options): Target | undefined {
    const pythonVersion = options.text("python");
    const architecture = options.text("architecture") ?? "x86_64";
    if (architecture !== "x86_64" && architecture !== "arm64") {
        throw new UsageError(`--architecture is x86_64 or arm64, not ${JSON.stringify(architecture)}.`);
    }
    return pythonVersion === undefined ? undefined : targetFor(pythonVersion, architecture);
}
