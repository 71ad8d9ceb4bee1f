/** The last segment of an address or path, decoded. What follows a `?` or `#` is none of it. */
export function lastSegment(location: string): string {
    // Most have neither: a lock asks this for each of its thousands of files.
    const plain =
        location.includes("?") || location.includes("#") ? location.replace(/[?#].*$/s, "") : location;
    const name = plain.slice(plain.lastIndexOf("/") + 1);
    try {
        return name.includes("%") ? decodeURIComponent(name) : name;
    } catch {
        return name;
    }
}

/** A path with forward slashes, as it is also written on Windows. */
export const slashed = (path: string): string => path.replaceAll("\\", "/");
