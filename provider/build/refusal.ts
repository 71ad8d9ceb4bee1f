import { LayerError } from "../errors";
import type { Dependency } from "../manifest/model";
import { formatPosition } from "../manifest/position";
import { describeTarget, type Target } from "../target";
import { dependencyName } from "./naming";

/** The ways out for a package that has no wheel for the target. */
export function waysOut(dependency: Dependency, target: Target): string[] {
    return [
        `Choose a version of ${dependency.name} that has a wheel for ${describeTarget(target)}.`,
        `Or, for pure Python, allow to build it: allowSourceBuilds: ["${dependency.name}"].`,
        "Or choose another pythonVersion or architecture, or build the wheel on a machine like the target and put it on an index of yours.",
    ];
}

/** The ways out for a package whose build here gives what the target can't load. */
export const waysOutOfBuilt = (name: string): string[] => [
    'Build it where it is to run: give the layer installer: "container", or run this on a machine like the target.',
    `Or lock a version of ${name} that has a wheel for the target.`,
    `Or leave it out, where the functions do not need it: exclude: ["${name}"].`,
];

/** SOURCE_BUILD_REFUSED for a package of which only an sdist fits and that the user has not allowed to be built. */
export function sourceBuildRefused(dependency: Dependency, filename: string, target: Target): LayerError {
    return new LayerError("SOURCE_BUILD_REFUSED", {
        what:
            `${dependencyName(dependency)} has no wheel for ${describeTarget(target)}, only ${filename}; ` +
            "building that runs its code here, which is not allowed unless asked for.",
        where: formatPosition(dependency.position),
        next: waysOut(dependency, target),
        property: "allowSourceBuilds",
    });
}
