import type { Wheel } from "../build/model";
import { LayerError } from "../errors";

/** A path of the layer that several wheels have something different for. */
export interface SharedPath {
    /** Below the layer's `python/`. */
    readonly path: string;
    readonly wheels: Set<Wheel>;
}

/** Paths that a message shows, and globs that its remedy names. */
const shown = { paths: 6, globs: 3 };

/** Folders that a distribution brings by mistake: nothing imports them from a layer. */
const seldomNeeded = /^(?:tests?|testing|docs?|examples?|samples?|benchmarks?|scripts?|tools?|ci)$/i;

/** FILES_CONFLICT for all paths at once, with the `exclude` that ends it. */
export function filesConflict(shared: readonly SharedPath[]): LayerError {
    const names = [
        ...new Set(
            shared.flatMap(({ wheels }) => [...wheels].map(({ name, version }) => `${name} ${version}`)),
        ),
    ].sort();
    const files = shared.length === 1 ? "a file" : `${shared.length} files`;
    const globs = globsFor(shared.map(({ path }) => path));
    return new LayerError("FILES_CONFLICT", {
        what: `${listed(names)} bring ${files} of the same name and of different content: a layer has room for one.`,
        detail: [
            ...shared
                .slice(0, shown.paths)
                .map(
                    ({ path, wheels }) => `python/${path}: ${[...wheels].map(({ name }) => name).join(", ")}`,
                ),
            ...(shared.length > shown.paths ? [`and ${shared.length - shown.paths} more`] : []),
        ],
        next: [
            `Leave out what no function imports: exclude: ${JSON.stringify(globs).replaceAll(",", ", ")}.`,
            "Or depend on one of the packages only, or on versions that share no file: pip and uv would let one overwrite the other.",
        ],
        property: "exclude",
    });
}

/** Globs that leave out all of these paths: each by itself where they are few, otherwise their folders. */
function globsFor(paths: readonly string[]): string[] {
    const each = [...new Set(paths.map((path) => folderByMistake(path) ?? `/${path}`))];
    if (each.length <= shown.globs) return each;
    return [...new Set(paths.map((path) => (path.includes("/") ? `/${topOf(path)}/` : `/${path}`)))];
}

const topOf = (path: string): string => path.slice(0, path.indexOf("/"));

const folderByMistake = (path: string): string | undefined =>
    path.includes("/") && seldomNeeded.test(topOf(path)) ? `/${topOf(path)}/` : undefined;

const listed = (names: readonly string[]): string =>
    names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
