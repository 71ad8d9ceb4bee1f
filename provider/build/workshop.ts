import { resolve } from "node:path";
import { openCacheFolder } from "../cacheFolder";
import { normalizeName } from "../manifest/name";
import type { Variables } from "../manifest/variables";
import type { BuildContext } from "./context";
import { basicAuthorization, credentialsFor } from "./credentials";
import { type Fetcher, openFetcher } from "./fetch";
import type { BuildRequest } from "./index";
import { type Index, pipPlaces, type ResolvedIndex, resolveIndexes, uvPlaces } from "./indexes";
import { findTool } from "./installer";
import type { Lookup } from "./lookup";
import { readNetrc } from "./netrc";
import { everyPlace, manifestPlaces } from "./places";
import type { Tool } from "./tool";
import type { WheelCache } from "./wheelCache";

/** What the parts of one build share. Close its fetcher. */
export interface Workshop {
    readonly lookup: Lookup;
    readonly fetcher: Fetcher;
    readonly cache: WheelCache;
    readonly environment: NodeJS.ProcessEnv;
    /** The installer's tool, looked for when it is first needed. */
    readonly tool: () => Promise<Tool>;
}

/** Finds indexes and their credentials. Throws ARGUMENT_INVALID for an index that can't be used. */
export async function openWorkshop(request: BuildRequest, context: BuildContext): Promise<Workshop> {
    const environment = context.environment;
    const manifestFolder = resolve(request.manifestFolder);
    // `PROJECT_ROOT` is a variable that uv sets where nobody else has.
    const variables = { PROJECT_ROOT: manifestFolder, ...environment };
    const indexes = resolveIndexes(request.indexes, variables);
    const own = request.installer === "container" ? pipPlaces(environment) : uvPlaces(environment);
    const netrc = await readNetrc(environment);
    const known = [...indexes, ...usable(request.projectIndexes ?? [], variables), ...everyPlace(own)];
    const lookup: Lookup = {
        manifest: request.manifest,
        manifestFolder,
        target: request.target,
        indexes,
        own,
        credentials: (url) => credentialsFor(url, known, netrc),
        hosts: netrc.flatMap(({ machine, login, password }) =>
            machine === undefined || !URL.canParse(`https://${machine}/`)
                ? []
                : [{ url: `https://${machine}/`, credentials: { username: login, password } }],
        ),
        variables,
        allowSourceBuilds: new Set(request.allowSourceBuilds.map(normalizeName)),
        sources: request.sources,
    };
    const credentialed = [...known, ...manifestPlaces(lookup)];
    const fetcher = openFetcher({
        environment,
        authorization: (url) => {
            const credentials = credentialsFor(url, credentialed, netrc);
            return credentials && basicAuthorization(credentials);
        },
    });
    let isWarned = false;
    const cache: WheelCache = {
        cache: openCacheFolder(context.cacheFolder),
        temporaryFolder: context.temporaryFolder,
        warn: (line) => {
            if (!isWarned) (context.warn ?? context.report)(line);
            isWarned = true;
        },
    };
    let tool: Promise<Tool> | undefined;
    return {
        lookup,
        fetcher,
        cache,
        environment,
        tool: () => {
            tool ??= findTool(request.installer ?? "uv", lookup, context);
            return tool;
        },
    };
}

/** Those that can be resolved: a project may name indexes that this machine has no variables for, and does not need. */
function usable(indexes: readonly Index[], variables: Variables): ResolvedIndex[] {
    return indexes.flatMap((index) => {
        try {
            return resolveIndexes([index], variables);
        } catch {
            return [];
        }
    });
}
