import { isSdist } from "../manifest/chooseFile";
import type { Dependency } from "../manifest/model";
import { normalizeName } from "../manifest/name";
import type { BuildContext } from "./context";
import type { BuildRequest } from "./index";
import { findTool } from "./installer";
import { isPip } from "./pip";

/** What builds here, as far as that decides the bytes of a built wheel. */
export type Builder = { readonly uv: string } | { readonly image: string };

/** Whether the manifest leaves it open where the dependency's file is. */
export function isOpen({ source, file }: Dependency): boolean {
    return source.type === "registry" && file?.url === undefined && file?.path === undefined;
}

/** Whether a dependency's wheel is made here rather than copied. */
export function needsBuild({ source, file }: Dependency): boolean {
    if (source.type === "directory") return !source.virtual;
    if (source.type === "git") return true;
    const name =
        file?.filename ?? (source.type === "path" ? source.path : source.type === "url" ? source.url : "");
    return isSdist(name.replace(/[?#].*$/s, ""));
}

/**
 * The builder, by version or digest; undefined where every wheel is copied as it is.
 *
 * A file that is still to be found may turn out to be an sdist where `allowSourceBuilds` allows that. Throws TOOL_NOT_FOUND and
 * TOOL_FAILED.
 */
export async function findBuilder(
    request: Pick<
        BuildRequest,
        "dependencies" | "allowSourceBuilds" | "installer" | "target" | "manifestFolder"
    >,
    context: BuildContext,
): Promise<Builder | undefined> {
    const allowed = new Set(request.allowSourceBuilds.map(normalizeName));
    const builds = (dependency: Dependency) =>
        needsBuild(dependency) ||
        (isOpen(dependency) && dependency.file === undefined && allowed.has(dependency.name));
    if (!request.dependencies.some(builds)) return undefined;
    const tool = await findTool(request.installer ?? "uv", request, context);
    return isPip(tool) ? { image: tool.image } : { uv: tool.version };
}
