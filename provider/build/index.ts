import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isLayerError, LayerError } from "../errors";
import { isSdist } from "../manifest/chooseFile";
import type { Dependency, Manifest } from "../manifest/model";
import { normalizeName } from "../manifest/name";
import type { Target } from "../target";
import { checkComplete } from "./completeness";
import { mapConcurrently, signalFor } from "./concurrency";
import type { BuildContext } from "./context";
import { basicAuthorization, credentialsFor } from "./credentials";
import { type Fetcher, openFetcher } from "./fetch";
import { environmentIndexes, type Index, resolveIndexes } from "./indexes";
import { type Lookup, manifestIndexes } from "./lookup";
import type { Wheel } from "./model";
import { dependencyName } from "./naming";
import { readNetrc } from "./netrc";
import { fileLocation, obtainFile } from "./obtain";
import { sourceBuildRefused } from "./refusal";
import { findFiles } from "./resolve";
import { buildFromSource } from "./source";
import { findUv, type Uv } from "./uv";

export type { BuildContext } from "./context";
export type { Index } from "./indexes";
export type { Wheel } from "./model";
export { type Run, RunError, run } from "./run";
export { defaultCacheFolder } from "./wheelCache";

/** What the build step is asked for. */
export interface BuildRequest {
    readonly manifest: Manifest;
    /** Absolute; the manifest's relative paths start here. */
    readonly manifestFolder: string;
    /** What of the manifest is installed for the target. */
    readonly dependencies: readonly Dependency[];
    readonly target: Target;
    readonly indexes: readonly Index[];
    /** Packages that may be built from an sdist. */
    readonly allowSourceBuilds: readonly string[];
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
 * REQUIREMENTS_INCOMPLETE, WHEEL_INVALID, PLATFORM_MISMATCH, ARGUMENT_INVALID, ABORTED.
 */
export async function buildWheels(request: BuildRequest, context: BuildContext): Promise<Wheel[]> {
    const own = join(context.temporaryFolder, "wheels");
    try {
        context.signal.throwIfAborted();
        await mkdir(own, { recursive: true });
        return await build(request, { ...context, signal: signalFor(context.signal), temporaryFolder: own });
    } catch (error) {
        await rm(own, { recursive: true, force: true, maxRetries: 3 });
        if (context.signal.aborted) throw aborted(context.signal);
        throw error;
    }
}

async function build(request: BuildRequest, context: BuildContext): Promise<Wheel[]> {
    const environment = context.environment ?? process.env;
    const indexes = resolveIndexes(request.indexes, environment);
    const lookup: Lookup = {
        manifest: request.manifest,
        manifestFolder: resolve(request.manifestFolder),
        target: request.target,
        indexes,
        allowSourceBuilds: new Set(request.allowSourceBuilds.map(normalizeName)),
    };
    const credentialed = [
        ...indexes,
        ...manifestIndexes(lookup, environment),
        ...environmentIndexes(environment),
    ];
    const netrc = await readNetrc(environment);
    const fetcher = openFetcher({
        environment,
        authorization: (url) => {
            const credentials = credentialsFor(url, credentialed, netrc);
            return credentials && basicAuthorization(credentials);
        },
    });
    let uv: Promise<Uv> | undefined;
    const needUv = () => {
        uv ??= findUv(context);
        return uv;
    };
    try {
        const wanted = request.dependencies.filter(
            ({ source }) => !(source.type === "directory" && source.virtual),
        );
        const [open, located] = partition(wanted, (dependency) => isOpen(dependency));
        const found = open.length === 0 ? [] : await findFiles(open, lookup, await needUv(), context);
        const [sources, files] = partition([...located, ...found], needsBuild);
        for (const dependency of sources) refuseUnlessAllowed(dependency, lookup);

        const built = await mapConcurrently(
            sources,
            buildsAtOnce,
            context.signal,
            async (dependency, signal) => {
                const within = { ...context, signal };
                const location = fileLocation(dependency, lookup.manifestFolder, environment);
                const archive = location && (await obtainFile(dependency, location, fetcher, within)).path;
                return buildFromSource(dependency, archive, lookup, await needUv(), within);
            },
        );
        if (lookup.manifest.kind === "requirements.txt") {
            // What no index can tell about, uv reads from the wheels; these few are fetched before the rest.
            const [direct] = partition(files, ({ source }) => source.type !== "registry");
            const atHand = await fetchAll(direct, lookup, fetcher, context, environment);
            const wheels = new Map([...built, ...atHand].map((wheel) => [wheel.name, wheel]));
            await checkComplete(wanted, wheels, lookup, await needUv(), context);
        }
        const fetched = await fetchAll(files, lookup, fetcher, context, environment);
        return [...built, ...fetched].sort((one, other) => (one.name < other.name ? -1 : 1));
    } finally {
        await fetcher.close();
    }
}

async function fetchAll(
    dependencies: readonly Dependency[],
    lookup: Lookup,
    fetcher: Fetcher,
    context: BuildContext,
    environment: NodeJS.ProcessEnv,
): Promise<Wheel[]> {
    return mapConcurrently(dependencies, fetchesAtOnce, context.signal, (dependency, signal) => {
        const location = fileLocation(dependency, lookup.manifestFolder, environment);
        if (location === undefined) throw new Error(`${dependencyName(dependency)} has no file`);
        return obtainFile(dependency, location, fetcher, { ...context, signal });
    });
}

/** Whether the manifest leaves it open where the dependency's file is. */
function isOpen({ source, file }: Dependency): boolean {
    return source.type === "registry" && file?.url === undefined && file?.path === undefined;
}

function needsBuild(dependency: Dependency): boolean {
    const { source, file } = dependency;
    if (source.type === "git" || source.type === "directory") return true;
    const name =
        file?.filename ?? (source.type === "path" ? source.path : source.type === "url" ? source.url : "");
    return isSdist(name.replace(/[?#].*$/s, ""));
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

/** What an aborted build throws: the reason where it is a failure of its own (a time-out), else ABORTED. */
function aborted(signal: AbortSignal): unknown {
    if (isLayerError(signal.reason)) return signal.reason;
    return new LayerError("ABORTED", {
        what: "The build was interrupted.",
        next: "Run `pulumi up` again: wheels that have arrived are in the cache.",
        cause: signal.reason,
    });
}
