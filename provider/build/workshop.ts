import { resolve } from "node:path";
import { normalizeName } from "../manifest/name";
import type { BuildContext } from "./context";
import { basicAuthorization, credentialsFor } from "./credentials";
import { type Fetcher, openFetcher } from "./fetch";
import type { BuildRequest } from "./index";
import { environmentIndexes, type Index, type ResolvedIndex, resolveIndexes } from "./indexes";
import { findTool } from "./installer";
import { type Lookup, manifestIndexes } from "./lookup";
import { readNetrc } from "./netrc";
import type { Tool } from "./tool";

/** What the parts of one build share. Close its fetcher. */
export interface Workshop {
    readonly lookup: Lookup;
    readonly fetcher: Fetcher;
    readonly environment: NodeJS.ProcessEnv;
    /** The installer's tool, looked for when it is first needed. */
    readonly tool: () => Promise<Tool>;
}

/** Finds indexes and their credentials. Throws ARGUMENT_INVALID for an index that can't be used. */
export async function openWorkshop(request: BuildRequest, context: BuildContext): Promise<Workshop> {
    const environment = context.environment ?? process.env;
    const lookup: Lookup = {
        manifest: request.manifest,
        manifestFolder: resolve(request.manifestFolder),
        target: request.target,
        indexes: resolveIndexes(request.indexes, environment),
        knownIndexes: usable(request.projectIndexes ?? [], environment),
        allowSourceBuilds: new Set(request.allowSourceBuilds.map(normalizeName)),
    };
    const credentialed = [
        ...lookup.indexes,
        ...manifestIndexes(lookup, environment),
        ...(lookup.knownIndexes ?? []),
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
    let tool: Promise<Tool> | undefined;
    return {
        lookup,
        fetcher,
        environment,
        tool: () => {
            tool ??= findTool(request.installer ?? "uv", lookup, context);
            return tool;
        },
    };
}

/** Those that can be resolved: a project may name indexes that this machine has no variables for, and does not need. */
function usable(indexes: readonly Index[], environment: NodeJS.ProcessEnv): ResolvedIndex[] {
    return indexes.flatMap((index) => {
        try {
            return resolveIndexes([index], environment);
        } catch {
            return [];
        }
    });
}
