import path from "node:path";
import { unknownValue } from "./unknown";

/**
 * A path as state keeps it: relative to the program's directory, with forward slashes, so that two checkouts of one program have
 * one text for it. A path that shares no folder with the program's but the root stays as it is: nobody checks it out with the program.
 *
 * @param folder the program's directory, absolute
 */
export function programPath(given: string, folder: string): string {
    if (given === unknownValue || given === "") return given;
    const absolute = path.resolve(folder, given);
    const relative = path.relative(folder, absolute);
    const up = relative.split(path.sep).filter((part) => part === "..").length;
    const depth = folder.split(path.sep).filter((part) => part !== "").length;
    const isElsewhere = path.isAbsolute(relative) || (up > 0 && up === depth);
    return (isElsewhere ? absolute : relative || ".").split(path.sep).join("/");
}
