import { parseWheelName, wheelTags } from "../../../provider/manifest/wheelTag";

/** A distribution file's name in one spelling: uv writes the tags of a compressed set in its own order. */
export function spelling(filename: string): string {
    const wheel = parseWheelName(filename);
    return wheel === undefined
        ? filename.toLowerCase().replace(/[-_.]+/g, "-")
        : `${wheel.name} ${wheel.version} ${wheelTags(wheel).sort().join(" ")}`;
}

/** The files that `uv pip compile -v` says it selects, in {@link spelling}, each once, sorted. */
export function filesSelected(stderr: string): string[] {
    const selected = [...stderr.matchAll(/Selecting: \S+ \[\w+\] \((\S+)\)/g)];
    return [...new Set(selected.map(([, file = ""]) => spelling(file)))].sort();
}
