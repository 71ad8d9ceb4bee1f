import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LayerError } from "../errors";
import type { Dependency } from "../manifest/model";
import { normalizeName } from "../manifest/name";
import { formatPosition } from "../manifest/position";
import { compareVersions, parseVersion } from "../manifest/version";
import { parseWheelName, tagRanks, wheelRank } from "../manifest/wheelTag";
import { describeTarget, type Target } from "../target";
import type { BuildContext } from "./context";
import { hashFile } from "./fileHash";
import { checkOut } from "./git";
import type { Lookup } from "./lookup";
import type { Wheel } from "./model";
import { dependencyName } from "./naming";
import { isPip, pipBuild } from "./pip";
import { commonPlaces, everyPlace } from "./places";
import { waysOutOfBuilt } from "./refusal";
import { RunError } from "./run";
import { commonFolder, copyTree, notThere } from "./sourceTree";
import { type Tool, toolFailed } from "./tool";
import { findPython, runUv } from "./uv";

/**
 * Builds the wheel of a dependency from its source: a source tree beside the manifest, a commit of a repository, or an sdist, which
 * `archive` then is the path of. Never editable: an editable wheel holds only a path of this machine.
 *
 * A source tree is copied first, so that no build writes into the user's folder and two of them never meet. The wheel is in the context's temporary folder. Throws TOOL_FAILED, and WHEEL_INVALID or
 * PLATFORM_MISMATCH when the result is another package or made for another machine.
 */
export async function buildFromSource(
    dependency: Dependency,
    archive: string | undefined,
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<Wheel> {
    const folder = await mkdtemp(join(context.temporaryFolder, "build-"));
    try {
        const source =
            archive === undefined
                ? await bringSource(dependency, join(folder, "source"), lookup, context)
                : join(folder, basename(archive));
        // A container sees this folder and nothing else.
        if (archive !== undefined) await copyFile(archive, source);
        context.report(
            `building ${dependencyName(dependency)} from ${archive ? basename(archive) : "source"}`,
        );
        const out = join(context.temporaryFolder, "built", basename(folder));
        await buildWheel(dependency, source, out, folder, lookup, tool, context);
        const [filename, ...others] = (await readdir(out)).filter((name) => name.endsWith(".whl"));
        if (filename === undefined || others.length > 0)
            throw invalid(
                dependency,
                `its build made ${others.length === 0 ? "no wheel" : "several wheels"}`,
            );
        const version = checkBuilt(dependency, filename, lookup.target);
        const path = join(out, filename);
        const { sha256, size } = await hashFile(path, [], context.signal);
        const name = dependency.unnamed ? builtName(filename) : dependency.name;
        return { name, version, filename, path, size, sha256, origin: "built" };
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** Puts the source tree of a dependency under `folder` and returns where in it the project is. */
async function bringSource(
    dependency: Dependency,
    folder: string,
    lookup: Lookup,
    context: BuildContext,
): Promise<string> {
    const { source } = dependency;
    if (source.type === "git") {
        await checkOut(source, folder, dependency.position, lookup, context);
        return resolve(folder, source.subdirectory ?? ".");
    }
    if (source.type !== "directory") throw new Error(`${dependency.name} has no source tree`);
    const original = resolve(lookup.manifestFolder, source.path);
    const found = await stat(original).catch(() => undefined);
    if (!found?.isDirectory()) {
        throw notThere(dependency, source.path);
    }
    const boundary = commonFolder(lookup.manifestFolder, original);
    const digest = await copyTree(original, boundary, folder, context.signal);
    const expected = lookup.sources?.[source.path];
    if (expected !== undefined && digest !== expected) throw sourceChanged(dependency, source.path);
    return folder;
}

/** MANIFEST_CHANGED: what would be built is not what the artifact key stands for. */
const sourceChanged = (dependency: Dependency, path: string): LayerError =>
    new LayerError("MANIFEST_CHANGED", {
        what: `The folder of ${dependencyName(dependency)}, ${path}, changed while the run was under way.`,
        where: formatPosition(dependency.position),
        next: "Nothing was published. Run the same command again when whatever writes the files is done.",
        property: "manifest",
    });

async function buildWheel(
    dependency: Dependency,
    source: string,
    out: string,
    folder: string,
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<void> {
    const places = commonPlaces(lookup);
    const cwd = join(folder, "empty");
    await Promise.all([mkdir(cwd), mkdir(out, { recursive: true })]);
    const variables = {
        // Reproducible: the times inside the wheel are those of no machine. Zip has none before 1980.
        SOURCE_DATE_EPOCH: "315532800",
        PYTHONHASHSEED: "0",
        PYTHONDONTWRITEBYTECODE: "1",
    };
    try {
        if (isPip(tool)) {
            await pipBuild(tool, { source, out, folder }, places, variables, context);
            return;
        }
        // Compiled code needs the target's own Python; anything else builds with any, and the result is checked.
        const python = (await findPython(tool, lookup.target.pythonVersion, context)) ?? tool.python;
        await runUv(
            tool,
            [
                "build",
                "--wheel",
                source,
                "--out-dir",
                out,
                ...(python === undefined ? [] : ["--python", python]),
            ],
            { folder, cwd, places, lookup, variables },
            context,
        );
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        throw toolFailed(
            tool,
            error,
            `${dependencyName(dependency)} could not be built from source`,
            everyPlace(places),
            [
                ...(isPip(tool) ? [] : compiledElsewhere(dependency, error, lookup.target)),
                ...versionFromGit(dependency, error),
                `Try \`${isPip(tool) ? "pip wheel" : "uv build --wheel"}\` on it by itself, put right what it lacks, and run it again.`,
                `Or use a version of ${dependency.name} that has a wheel.`,
            ],
        );
    }
}

/** Node's names of machines → those of wheels. */
const machines: ReadonlyMap<string, string> = new Map([
    ["x64", "x86_64"],
    ["arm64", "aarch64"],
]);

/** A compiler's failure is beside the point where this machine is another than the target: what it made would not run there. */
function compiledElsewhere({ name }: Dependency, error: RunError, target: Target): string[] {
    const compiles = error.details.tail.some((line) =>
        /\b(?:gcc|g\+\+|cc1|clang|cl\.exe|rustc|cargo|cmake|meson|ninja)\b|Python\.h|compil/i.test(line),
    );
    const machine = machines.get(process.arch) ?? process.arch;
    if (!compiles || (process.platform === "linux" && machine === target.machine)) return [];
    return [
        `${name} holds code that is compiled, and this machine, ${process.platform} on ${machine}, makes none for ${target.architecture} on Linux: build its wheel on a machine like the target and lock that.`,
    ];
}

/** Tags differ from one checkout to another, so a build of a local package sees none of git: what asks them for a version fails. */
function versionFromGit({ name, source }: Dependency, error: RunError): string[] {
    const asks = error.details.tail.some((line) =>
        /setuptools.scm|hatch.vcs|vcs.versioning|versioningit/i.test(line),
    );
    if (source.type !== "directory" || !asks) return [];
    return [
        `The version of ${name} comes from git's tags, which a build here does not see: write a version into its project file, or a fallback_version.`,
    ];
}

const builtName = (filename: string): string => normalizeName(parseWheelName(filename)?.name ?? filename);

/** The version of a built wheel, once it is known to be the package that was asked for and to suit the target. */
function checkBuilt(dependency: Dependency, filename: string, target: Target): string {
    const wheel = parseWheelName(filename);
    if (wheel === undefined || (dependency.unnamed !== true && normalizeName(wheel.name) !== dependency.name))
        throw invalid(dependency, `its build made ${filename}`);
    const version = wheel.version.replaceAll("_", "-");
    const [built, locked] = [version, dependency.version ?? version].map(parseVersion);
    // A source tree's version may move on between two locks; an sdist's may not.
    if (dependency.source.type !== "directory" && built && locked && compareVersions(built, locked) !== 0)
        throw invalid(dependency, `its build made version ${version}`);
    if (wheelRank(filename, tagRanks(target)) !== undefined) return version;
    throw new LayerError("PLATFORM_MISMATCH", {
        what: `${dependencyName(dependency)}, built here, is ${filename}, which can't run on ${describeTarget(target)}: it holds compiled code.`,
        where: formatPosition(dependency.position),
        next: waysOutOfBuilt(dependency.name),
    });
}

function invalid(dependency: Dependency, what: string): LayerError {
    return new LayerError("WHEEL_INVALID", {
        what: `${dependencyName(dependency)} was asked for, but ${what}.`,
        where: formatPosition(dependency.position),
        next: "Look at the name and version in its project file, and lock again.",
    });
}
