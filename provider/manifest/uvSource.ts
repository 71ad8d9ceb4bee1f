import path from "node:path";
import { isCommit } from "./gitSource";
import { lastSegment } from "./location";
import type { DistributionFile, Source } from "./model";
import {
    lookForNewer,
    optionalInteger,
    optionalString,
    optionalTable,
    type Place,
    shapeError,
    unknownError,
} from "./toml";

/** The `source` of a package or of an edge to one. */
export function readSource(place: Place): Source {
    const source = optionalTable(place, "source");
    if (source === undefined) {
        throw shapeError(place, "source", "is missing");
    }
    const location = (key: string) => optionalString(source, key);
    const registry = location("registry");
    if (registry !== undefined) {
        return { type: "registry", index: registry };
    }
    const git = location("git");
    if (git !== undefined) {
        return gitSource(source, git);
    }
    const url = location("url");
    if (url !== undefined) {
        const subdirectory = location("subdirectory");
        return { type: "url", url, ...(subdirectory === undefined ? {} : { subdirectory }) };
    }
    const archive = location("path");
    if (archive !== undefined) {
        return { type: "path", path: archive };
    }
    const editable = location("editable");
    const virtual = location("virtual");
    const directory = editable ?? virtual ?? location("directory");
    if (directory === undefined) {
        throw unknownError(place, "source", "is of an unknown kind", lookForNewer);
    }
    return {
        type: "directory",
        path: directory === "" ? "." : directory,
        editable: editable !== undefined,
        virtual: virtual !== undefined,
    };
}

/** `https://host/repository?rev=main&subdirectory=lib#<commit>`; rev may be branch or tag. */
function gitSource(place: Place, address: string): Source {
    const [, url = "", query = "", fragment = ""] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(address) ?? [];
    const parameters = new URLSearchParams(query);
    if (parameters.has("path")) {
        throw unknownError(
            place,
            "git",
            "names an archive in a repository, which is not supported",
            "Depend on the repository itself, or on the archive by its address.",
        );
    }
    const commit = fragment.toLowerCase();
    const reference = parameters.get("rev") ?? parameters.get("tag") ?? parameters.get("branch");
    const subdirectory = parameters.get("subdirectory");
    return {
        type: "git",
        url,
        ...(isCommit(commit) ? { commit } : {}),
        ...(reference ? { reference } : {}),
        ...(subdirectory ? { subdirectory } : {}),
    };
}

/** A wheel or sdist: at an address, in a local index (`path`, relative to it), or the file that is the source itself. */
export function distributionFile(place: Place, source: Source): DistributionFile {
    const url = optionalString(place, "url") ?? (source.type === "url" ? source.url : undefined);
    const inIndex = optionalString(place, "path");
    const local =
        inIndex === undefined
            ? source.type === "path"
                ? source.path
                : undefined
            : path.posix.join(source.type === "registry" ? (source.index ?? "") : "", inIndex);
    const location = inIndex ?? url ?? local;
    const filename = optionalString(place, "filename") ?? (location && lastSegment(location));
    if (filename === undefined || filename === "") {
        throw shapeError(place, "url", "is missing");
    }
    const hash = optionalString(place, "hash");
    if (hash !== undefined && !/^[a-z0-9]+:[0-9a-f]+$/i.test(hash)) {
        throw shapeError(place, "hash", "is no hash");
    }
    const size = optionalInteger(place, "size");
    return {
        filename,
        ...(inIndex !== undefined || url === undefined
            ? local === undefined
                ? {}
                : { path: local }
            : { url }),
        ...(hash === undefined ? {} : { hash }),
        ...(size === undefined ? {} : { size }),
    };
}
