import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, type TomlTable, type TomlValue } from "smol-toml";
import type { DistributionFile } from "../manifest/model";
import { normalizeName } from "../manifest/name";

/** One package of uv's answer, with the files that the index has of it. Every file has an address. */
export interface FoundPackage {
    readonly name: string;
    readonly version: string;
    /** Wheels first, in the index's order; an sdist last. */
    readonly files: readonly (DistributionFile & { readonly url: string })[];
}

/**
 * Reads a `pylock.toml` (PEP 751) as `uv pip compile` writes it, into packages by normalised name. Paths (of flat indexes) are taken
 * from `folder`. Throws a plain error when the text is not one.
 */
export function readPylock(text: string, folder: string): ReadonlyMap<string, FoundPackage> {
    return new Map(
        tables(parse(text)["packages"]).map((entry) => {
            const name = normalizeName(requiredText(entry, "name"));
            const distributions = [...tables(entry["wheels"]), ...tables([entry["sdist"] ?? []].flat())];
            const files = distributions.map((file) => distributionFile(file, folder));
            return [name, { name, version: requiredText(entry, "version"), files }];
        }),
    );
}

function distributionFile(file: TomlTable, folder: string): DistributionFile & { readonly url: string } {
    const url = optionalText(file, "url") ?? fileUrl(requiredText(file, "path"), folder);
    const hashes = file["hashes"];
    const [hash] = isTable(hashes)
        ? ["sha256", "sha512", "sha384"].flatMap((algorithm) => {
              const digest = hashes[algorithm];
              return typeof digest === "string" ? `${algorithm}:${digest.toLowerCase()}` : [];
          })
        : [];
    const size = file["size"];
    return {
        filename: optionalText(file, "name") ?? filenameOf(url),
        url,
        ...(hash === undefined ? {} : { hash }),
        ...(typeof size === "number" ? { size } : {}),
    };
}

/** The last segment of an address's path, decoded; what an index calls the file. */
export function filenameOf(url: string): string {
    return decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
}

const fileUrl = (path: string, folder: string) => pathToFileURL(resolve(folder, path)).href;

const isTable = (value: TomlValue | undefined): value is TomlTable =>
    typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);

const tables = (value: TomlValue | undefined): TomlTable[] =>
    Array.isArray(value) ? value.filter(isTable) : [];

function optionalText(table: TomlTable, key: string): string | undefined {
    const value = table[key];
    return typeof value === "string" ? value : undefined;
}

function requiredText(table: TomlTable, key: string): string {
    const value = optionalText(table, key);
    if (value === undefined) throw new Error(`pylock.toml: an entry has no ${key}`);
    return value;
}
