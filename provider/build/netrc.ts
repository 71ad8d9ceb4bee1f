import { join } from "node:path";
import { readRegularFile } from "../disk";

/** One `machine` of a netrc file. */
export interface NetrcEntry {
    /** Absent for the `default` entry, which fits every host. */
    readonly machine?: string;
    readonly login: string;
    readonly password: string;
}

/**
 * Entries of a netrc file, in order, as curl, pip and uv read it: words between white space, quotes around a word that holds
 * some, `macdef` bodies up to the next empty line, and comments. An entry without a password is left out.
 */
export function parseNetrc(text: string): NetrcEntry[] {
    const withoutMacros = text.replace(/^\s*macdef\b[^\n]*\n(?:[^\n]*\S[^\n]*(?:\n|$))*/gm, "\n");
    const words = withoutMacros
        .split(/\r?\n/)
        .filter((line) => !/^\s*#/.test(line))
        .flatMap((line) => line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [])
        .map((word) => (/^".*"$/s.test(word) ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word));
    const entries: { machine?: string; login: string; password: string }[] = [];
    for (let index = 0; index < words.length; index++) {
        const keyword = words[index];
        const entry = entries.at(-1);
        if (keyword === "default") entries.push({ login: "", password: "" });
        else if (keyword === "machine") {
            entries.push({ machine: (words[++index] ?? "").toLowerCase(), login: "", password: "" });
        } else if (keyword === "login" && entry) entry.login = words[++index] ?? "";
        else if (keyword === "password" && entry) entry.password = words[++index] ?? "";
        else if (keyword === "account") index++;
    }
    return entries.filter((entry) => entry.password !== "");
}

/**
 * The user's netrc: the file that `NETRC` names, else `.netrc` (on Windows also `_netrc`) in the home folder. Empty when there
 * is none or it can't be read, as for the tools that share it.
 */
export async function readNetrc(environment: NodeJS.ProcessEnv): Promise<NetrcEntry[]> {
    const home = environment["HOME"] ?? environment["USERPROFILE"];
    const named = environment["NETRC"];
    const names = process.platform === "win32" ? [".netrc", "_netrc"] : [".netrc"];
    const paths = named ? [named] : home ? names.map((name) => join(home, name)) : [];
    for (const path of paths) {
        const text = (await readRegularFile(path).catch(() => undefined))?.toString("utf8");
        if (text !== undefined) return parseNetrc(text);
    }
    return [];
}
