import { LayerError } from "../errors";
import { describeTarget, type Target } from "../target";
import { markersFor, noExtras } from "./activation";
import { chosenOf } from "./chosen";
import type { Doubt, Manifest, SelectionSettings } from "./model";
import { isInPythonRange } from "./pythonRange";

/** Patch releases that are looked at: no minor version of Python comes near. */
const patchReleases = 100;

/** What a manifest says about the Pythons it is for. */
interface PythonRange {
    /** PEP 440 specifiers. */
    readonly specifiers: string;
    /** Subject and verb of the sentence that says so. */
    readonly owner: string;
}

/**
 * The target that the markers of a manifest are evaluated for: the asked one, or, where the user left the patch release
 * open, the nearest one that the manifest was made for. Lambda decides on the patch release, so the minor version allows it.
 *
 * @throws LayerError MANIFEST_TARGET when the manifest was not made for the target; what {@link chosenOf} throws
 */
export function allowedTarget(
    manifest: Manifest,
    settings: SelectionSettings,
    asked: Target,
    doubts: Doubt[],
): Target {
    const ranges = pythonRanges(manifest, settings).filter(({ specifiers }) => {
        const isReadable = isInPythonRange(asked.pythonFullVersion, specifiers) !== undefined;
        if (!isReadable) {
            doubts.push({
                reason: `the range of Pythons \`${specifiers}\` can't be read`,
                next: "Write it as PEP 440 specifiers, for instance >=3.12,<3.15.",
            });
        }
        return isReadable;
    });
    const isIn = (target: Target, { specifiers }: PythonRange): boolean =>
        isInPythonRange(target.pythonFullVersion, specifiers) === true;
    const isInAll = (target: Target): boolean => ranges.every((range) => isIn(target, range));
    const possible = possibleTargets(asked);
    const allowed = possible.find((target) => isInAll(target) && isInEnvironments(manifest, target));
    if (allowed !== undefined) return allowed;
    if (possible.some(isInAll)) throw otherEnvironment(manifest, asked);
    throw otherPython(
        manifest,
        asked,
        ranges.find((range) => !possible.some((target) => isIn(target, range))) ?? ranges[0],
    );
}

function pythonRanges(manifest: Manifest, settings: SelectionSettings): readonly PythonRange[] {
    const ofManifest = { specifiers: manifest.requiresPython, owner: `${manifest.path} was made` };
    const ofGroups =
        manifest.kind === "uv.lock"
            ? chosenOf(manifest, settings).groups.map(({ name, owner, requiresPython }) => ({
                  specifiers: requiresPython,
                  owner: `Group ${name} of ${owner?.name ?? manifest.path} is`,
              }))
            : [];
    return [ofManifest, ...ofGroups].flatMap(({ specifiers, owner }) =>
        specifiers === undefined ? [] : [{ specifiers, owner }],
    );
}

/** The target with each patch release that it can mean, the asked one first, then later ones, then earlier ones. */
function possibleTargets(asked: Target): readonly Target[] {
    if (asked.patchRelease === "given") return [asked];
    const patch = Number(asked.pythonFullVersion.split(".")[2]);
    const later = Array.from({ length: patchReleases - patch }, (_, index) => patch + index);
    const earlier = Array.from({ length: patch }, (_, index) => patch - 1 - index);
    return [...later, ...earlier].map((each) => ({
        ...asked,
        pythonFullVersion: `${asked.pythonVersion}.${each}`,
    }));
}

function isInEnvironments({ environments, path }: Manifest, target: Target): boolean {
    if (environments.length === 0) return true;
    const holds = markersFor(target, noExtras, []);
    return environments.some((marker) => holds(marker, path, { file: path, line: 1, column: 1 }));
}

/** Whether a target, or one with another patch release where that is open, is in a range of Pythons that can be read. */
export const mayBeInRange = (target: Target, specifiers: string): boolean =>
    possibleTargets(target).some(
        ({ pythonFullVersion }) => isInPythonRange(pythonFullVersion, specifiers) !== false,
    );

function otherPython({ kind }: Manifest, asked: Target, range: PythonRange | undefined): LayerError {
    const { pythonFullVersion, pythonVersion, patchRelease } = asked;
    const isGiven = patchRelease === "given";
    const minorAllows = possibleTargets({ ...asked, patchRelease: "assumed" }).some(
        (target) => isInPythonRange(target.pythonFullVersion, range?.specifiers ?? "") === true,
    );
    return new LayerError("MANIFEST_TARGET", {
        what: `${range?.owner} for Python ${range?.specifiers}, and ${isGiven ? `${pythonFullVersion} is not` : `no release of ${pythonVersion} is`} among it.`,
        next: [
            isGiven && minorAllows
                ? `Set pythonVersion to "${pythonVersion}": Lambda decides on the patch release.`
                : "Set pythonVersion to one of them.",
            kind === "Pipfile.lock"
                ? "Or change python_version of [requires] in the Pipfile, and run `pipenv lock`."
                : "Or widen requires-python in pyproject.toml and lock again.",
        ],
        property: "pythonVersion",
    });
}

function otherEnvironment(manifest: Manifest, asked: Target): LayerError {
    return new LayerError("MANIFEST_TARGET", {
        what: `${manifest.path} was locked for some environments only, and ${describeTarget(asked)} is not among them.`,
        detail: manifest.environments.slice(0, 4),
        next:
            manifest.kind === "pylock.toml"
                ? "Lock again for sys_platform == 'linux' and this machine too."
                : "Add one for sys_platform == 'linux' and this machine to environments in [tool.uv], and lock again.",
        property: "manifest",
    });
}
