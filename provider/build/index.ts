import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { mapConcurrently, signalFor } from "../concurrency";
import { LayerError } from "../errors";
import type { Installer } from "../installers";
import type { Dependency, Manifest } from "../manifest/model";
import { formatPosition } from "../manifest/position";
import type { Target } from "../target";
import { isOpen, needsBuild } from "./builder";
import { checkComplete } from "./completeness";
import type { BuildContext } from "./context";
import type { Index } from "./indexes";
import type { Lookup } from "./lookup";
import type { Wheel } from "./model";
import { dependencyName } from "./naming";
import { fileLocation, obtainFile } from "./obtain";
import { sourceBuildRefused } from "./refusal";
import { findFiles } from "./resolve";
import { type SettleSettings, settle } from "./settle";
import { buildFromSource } from "./source";
import { openWorkshop, type Workshop } from "./workshop";

export { type Builder, findBuilder } from "./builder";
export type { BuildContext } from "./context";
export type { Index } from "./indexes";
export type { Wheel } from "./model";
export { type Run, RunError, run } from "./run";

/** What the build step is asked for. */
export interface BuildRequest {
    readonly manifest: Manifest;
    /** Absolute; the manifest's relative paths start here. */
    readonly manifestFolder: string;
    /** What of the manifest is installed for the target. */
    readonly dependencies: readonly Dependency[];
    readonly target: Target;
    readonly indexes: readonly Index[];
    /** Indexes that the project has names for: searched only where the manifest says so, with the credentials that the environment has for the name. @default - none */
    readonly projectIndexes?: readonly Index[];
    /** Digests that the source trees beside the manifest must have, by their path as the manifest has it. @default - any */
    readonly sources?: Readonly<Record<string, string>> | undefined;
    /** Packages that may be built from an sdist. */
    readonly allowSourceBuilds: readonly string[];
    /** Who resolves and builds what the manifest leaves open. @default "uv" */
    readonly installer?: Installer | undefined;
    /** Whether the dependencies are {@link settleDependencies}'s, so that nothing has to be found out about them. @default false */
    readonly isSettled?: boolean;
}

/** Files fetched at the same time. */
const fetchesAtOnce = 8;
/** Builds at the same time: each may use all processors. */
const buildsAtOnce = 2;

/**
 * Brings the wheel of each dependency to this machine's disk, verified, for the target; sorted by name.
 *
 * Where the manifest names its files' addresses nothing but HTTPS is used; otherwise uv finds them, and builds what has to be built.
 * Fetched wheels are in the cache or, where they were local, where they are; built ones in the temporary folder. Virtual
 * projects have none. When it throws, no child runs and the temporary folder is as it was.
 *
 * Throws TOOL_NOT_FOUND, TOOL_FAILED, DOWNLOAD_FAILED, HASH_MISMATCH, WHEEL_NOT_FOUND, SOURCE_BUILD_REFUSED, REQUIREMENT_UNPINNED,
 * REQUIREMENTS_INCOMPLETE, WHEEL_INVALID, PLATFORM_MISMATCH, ARGUMENT_INVALID, and the signal's reason when it is aborted.
 */
export async function buildWheels(request: BuildRequest, context: BuildContext): Promise<Wheel[]> {
    const own = join(context.temporaryFolder, "wheels");
    try {
        context.signal.throwIfAborted();
        await mkdir(own, { recursive: true });
        return await build(request, { ...context, signal: signalFor(context.signal), temporaryFolder: own });
    } catch (error) {
        await rm(own, { recursive: true, force: true, maxRetries: 3 });
        if (context.signal.aborted) throw context.signal.reason;
        throw error;
    }
}

async function build(request: BuildRequest, context: BuildContext): Promise<Wheel[]> {
    const workshop = await openWorkshop(request, context);
    const { lookup } = workshop;
    try {
        const wanted = request.dependencies.filter(
            ({ source }) => !(source.type === "directory" && source.virtual),
        );
        const { built, files, named } = await bringSources(wanted, workshop, context);
        if (lookup.manifest.kind === "requirements.txt" && request.isSettled !== true) {
            // What no index can tell about, the tool reads from the wheels; these few are fetched before the rest.
            const [direct] = partition(files, ({ source }) => source.type !== "registry");
            const atHand = await fetchAll(direct, workshop, context);
            const wheels = new Map([...built, ...atHand].map((wheel) => [wheel.name, wheel]));
            await checkComplete(named, wheels, lookup, await workshop.tool(), context);
        }
        const fetched = await fetchAll(files, workshop, context);
        await workshop.cache.cache.sweep();
        return [...built, ...fetched].sort((one, other) => (one.name < other.name ? -1 : 1));
    } finally {
        await workshop.fetcher.close();
    }
}

/** Finds the files of what is left open, builds what has to be built, and tells which files are to be fetched. */
async function bringSources(
    dependencies: readonly Dependency[],
    workshop: Workshop,
    context: BuildContext,
): Promise<{
    readonly built: readonly Wheel[];
    readonly files: readonly Dependency[];
    /** All of them, each with the name that it was built to. */
    readonly named: readonly Dependency[];
}> {
    const { lookup } = workshop;
    const [open, located] = partition(dependencies, isOpen);
    const found = open.length === 0 ? [] : await findFiles(open, lookup, await workshop.tool(), context);
    const [sources, files] = partition([...located, ...found], needsBuild);
    for (const dependency of sources) refuseUnlessAllowed(dependency, lookup);
    const built = await mapConcurrently(sources, buildsAtOnce, context.signal, async (dependency, signal) => {
        const within = { ...context, signal };
        const location = fileLocation(dependency, lookup.manifestFolder, lookup.variables);
        const archive = location && (await obtainFile(dependency, location, workshop, within)).path;
        const wheel = await buildFromSource(dependency, archive, lookup, await workshop.tool(), within);
        context.onArrival?.();
        return { wheel, dependency };
    });
    const names = new Map(built.map(({ wheel, dependency }) => [dependency.name, wheel.name]));
    // As the list has them: the hash of a file that was found is none of the list's.
    const named = dependencies.map((dependency): Dependency => {
        const { unnamed, ...rest } = dependency;
        return unnamed ? { ...rest, name: names.get(rest.name) ?? rest.name } : dependency;
    });
    refuseTwice(named, lookup.manifest.path);
    return { built: built.map(({ wheel }) => wheel), files, named };
}

/** Lines without names can turn out to be one package. */
function refuseTwice(dependencies: readonly Dependency[], manifest: string): void {
    for (const [position, { name, position: place }] of dependencies.entries()) {
        const other = dependencies.slice(0, position).find((each) => each.name === name);
        if (other === undefined) continue;
        throw new LayerError("MANIFEST_SELECTION", {
            what: `${manifest} has two of ${name} for the same target.`,
            where: `${formatPosition(other.position)} and ${formatPosition(place)}`,
            next: "Give them environment markers that exclude each other, or keep one of them.",
            property: "manifest",
        });
    }
}

/**
 * Settles what a requirements.txt leaves open: which releases are installed for the target, and which file of each.
 *
 * The dependencies are the selected ones, excluded ones among them: what only they need is told by a resolution alone. Throws what
 * {@link buildWheels} throws; nothing is left in the temporary folder.
 */
export async function settleDependencies(
    request: BuildRequest,
    settings: SettleSettings,
    context: BuildContext,
): Promise<readonly Dependency[]> {
    const own = join(context.temporaryFolder, "settle");
    const within = { ...context, signal: signalFor(context.signal), temporaryFolder: own };
    try {
        context.signal.throwIfAborted();
        await mkdir(own, { recursive: true });
        const workshop = await openWorkshop(request, within);
        try {
            const [direct, registry] = partition(
                request.dependencies,
                ({ source }) => source.type !== "registry",
            );
            const { built, files, named } = await bringSources(direct, workshop, within);
            const atHand = [...built, ...(await fetchAll(files, workshop, within))];
            const all = [...named, ...registry];
            refuseTwice(all, request.manifest.path);
            return await settle(all, atHand, settings, workshop, within);
        } finally {
            await workshop.fetcher.close();
        }
    } catch (error) {
        if (context.signal.aborted) throw context.signal.reason;
        throw error;
    } finally {
        await rm(own, { recursive: true, force: true, maxRetries: 3 });
    }
}

async function fetchAll(
    dependencies: readonly Dependency[],
    workshop: Workshop,
    context: BuildContext,
): Promise<Wheel[]> {
    const { lookup } = workshop;
    return mapConcurrently(dependencies, fetchesAtOnce, context.signal, async (dependency, signal) => {
        const location = fileLocation(dependency, lookup.manifestFolder, lookup.variables);
        if (location === undefined) throw new Error(`${dependencyName(dependency)} has no file`);
        const wheel = await obtainFile(dependency, location, workshop, { ...context, signal });
        context.onWheel?.(wheel);
        context.onArrival?.();
        return wheel;
    });
}

/** Sources of the user's own choosing (trees, commits, archives beside the manifest) are built; what others publish, on demand. */
function refuseUnlessAllowed(dependency: Dependency, lookup: Lookup): void {
    const { source } = dependency;
    const isForeign = source.type === "registry" || source.type === "url";
    if (!isForeign || lookup.allowSourceBuilds.has(dependency.name)) return;
    throw sourceBuildRefused(dependency, dependency.file?.filename ?? "a source archive", lookup.target);
}

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
    return [items.filter(test), items.filter((item) => !test(item))];
}
