import path from "node:path";
import { parse } from "smol-toml";
import { readRegularFile } from "../disk";
import type { LockedPackage, Manifest } from "./model";
import { normalizeName } from "./name";
import { isName } from "./requirement";

/**
 * The manifest with the names of the local projects whose lines have none, as far as their files state them. The others keep what
 * stands in for a name until their wheels are built.
 */
export async function nameProjects(manifest: Manifest, manifestFolder: string): Promise<Manifest> {
    if (manifest.packages.every(({ unnamed }) => unnamed !== true)) return manifest;
    const packages = await Promise.all(
        manifest.packages.map(async (locked): Promise<LockedPackage> => {
            const { source } = locked;
            if (locked.unnamed !== true || source.type !== "directory") return locked;
            const name = await statedName(path.resolve(manifestFolder, source.path));
            return name === undefined ? locked : { ...locked, name };
        }),
    );
    return { ...manifest, packages };
}

/** The normalised name that a project's files state, without running anything of it; undefined where only a build tells it. */
export async function statedName(folder: string): Promise<string | undefined> {
    for (const [file, nameIn] of Object.entries(readers)) {
        const text = (await readRegularFile(path.join(folder, file)).catch(() => undefined))?.toString(
            "utf8",
        );
        const name = text === undefined ? undefined : nameIn(text)?.trim();
        if (name !== undefined && isName(name)) return normalizeName(name);
    }
    return undefined;
}

/** In the order in which build backends go by them. */
const readers: Readonly<Record<string, (text: string) => string | undefined>> = {
    "pyproject.toml": nameInPyproject,
    "setup.cfg": (text) => /^name\s*[=:]\s*([^\n]*)/m.exec(sectionOf(text, "metadata"))?.[1],
    "PKG-INFO": (text) => /^Name:[ \t]*([^\r\n]*)/im.exec(text.split(/\r?\n\r?\n/, 1)[0] ?? "")?.[1],
};

/** PEP 621's name, else poetry's own. */
function nameInPyproject(text: string): string | undefined {
    try {
        const document: unknown = parse(text);
        return [["project"], ["tool", "poetry"]]
            .map((keys) => [...keys, "name"].reduce(member, document))
            .find((name) => typeof name === "string");
    } catch {
        return undefined;
    }
}

const member = (value: unknown, key: string): unknown =>
    typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;

const sectionOf = (text: string, name: string): string =>
    text.split(/^(?=\[)/m).find((section) => section.startsWith(`[${name}]`)) ?? "";
