import { quoted, ZipDefect } from "./zipFormat";

/** The most bytes Linux takes for one part of a path (NAME_MAX) and for a whole one (PATH_MAX, less `/opt/` and the end). */
const maximum = { part: 255, path: 4096 - 6 } as const;

/**
 * Throws {@link ZipDefect} for an entry's name that would not end up as a file below the folder it is unpacked into, under
 * exactly this name: absolute, with `..`, `.`, an empty part, a backslash (a separator on Windows), a drive letter, a
 * control character, or too long for Linux. A folder's name may end with one slash.
 */
export function checkEntryName(name: string): void {
    const refuse = (why: string): never => {
        throw new ZipDefect(`the name of entry ${quoted(name)} ${why}`);
    };
    if (name === "") refuse("is empty");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(name)) refuse("has a control character");
    if (name.includes("\\")) refuse("has a backslash");
    if (name.startsWith("/")) refuse("is absolute");
    if (/^[A-Za-z]:/.test(name)) refuse("starts with a drive");
    if (Buffer.byteLength(name) > maximum.path) refuse("is too long");
    for (const part of (name.endsWith("/") ? name.slice(0, -1) : name).split("/")) {
        if (part === "..") refuse("climbs out of its folder");
        if (part === "" || part === ".") refuse("has an empty part");
        if (part.length > maximum.part / 4 && Buffer.byteLength(part) > maximum.part)
            refuse("has too long a part");
    }
}
