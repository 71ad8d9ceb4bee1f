import path from "node:path";
import { parse } from "smol-toml";
import { readRegularFile } from "../disk";
import type { ManifestFile } from "./model";
import { normalizeName } from "./name";
import { parseRequirement } from "./requirement";
import { isTable, type Table } from "./toml";
import { normalizeVersion, parseSpecifiers, parseVersion } from "./version";

/**
 * Whether the `pyproject.toml` beside a lock asks for something else than what the lock was made from: one sentence without a
 * full stop that names the first difference, or undefined.
 *
 * Only the parts of the lock that tell are parsed, so that it costs little even where the lock itself has not changed: that is
 * when a forgotten `uv lock` shows. What can't be compared for certain (dynamic dependencies, sources, markers) counts as equal.
 * Never throws for what is in the files.
 */
export async function findStaleness(file: ManifestFile): Promise<string | undefined> {
    const folder = path.dirname(file.absolutePath);
    switch (file.kind) {
        case "requirements.txt":
        case "pylock.toml":
            return undefined;
        case "Pipfile.lock":
            return findPipfileStaleness(file, await readToml(path.join(folder, "Pipfile")));
        case "poetry.lock":
            return findPoetryStaleness(file, await readToml(path.join(folder, "pyproject.toml")));
        case "uv.lock": {
            const rootSources = sourceNames(await readToml(path.join(folder, "pyproject.toml")));
            for (const { projectPath, table } of uvProjects(file.text)) {
                const pyproject = path.join(projectPath, "pyproject.toml");
                const document = await readToml(path.join(folder, pyproject));
                const sources = [...rootSources, ...sourceNames(document)];
                const difference = document && findUvDifference(table, document, new Set(sources));
                if (difference !== undefined) {
                    return `${path.join(path.dirname(file.path), pyproject)} has changed since ${file.path} was made: ${difference}`;
                }
            }
            return undefined;
        }
    }
}

/** Projects of a lock that are looked at; a guard against generated mazes. */
const mostProjects = 100;

/** The packages of a uv.lock that are projects on this disk, each parsed alone. */
function* uvProjects(text: string): Iterable<{ readonly projectPath: string; readonly table: Table }> {
    let left = mostProjects;
    for (const source of text.matchAll(
        /^source = \{ (?:virtual|editable|directory) = "([^"\\\n]*)" \}\r?$/gm,
    )) {
        const start = text.lastIndexOf("[[package]]", source.index);
        const end = text.indexOf("\n[[package]]", source.index);
        if (start === -1 || left === 0) return;
        left -= 1;
        const [parsed] = tables(parseOrNothing(text.slice(start, end === -1 ? undefined : end))?.["package"]);
        if (parsed !== undefined) yield { projectPath: source[1] ?? ".", table: parsed };
    }
}

async function findPoetryStaleness(
    file: ManifestFile,
    document: Table | undefined,
): Promise<string | undefined> {
    if (document === undefined) return undefined;
    // Poetry before 2.0, which writes older locks, chose other tables.
    if (!/^lock-version = "2\.1"\r?$/m.test(file.text)) return undefined;
    const written = /^content-hash = "([0-9a-f]{64})"\r?$/m.exec(file.text)?.[1];
    const { poetryContentHashes } = await import("./poetryContentHash");
    const hashes = poetryContentHashes(document);
    if (written === undefined || hashes.length === 0 || hashes.includes(written)) return undefined;
    const pyproject = path.join(path.dirname(file.path), "pyproject.toml");
    return `${pyproject} has changed since ${file.path} was made (their content-hash differs)`;
}

async function findPipfileStaleness(
    file: ManifestFile,
    document: Table | undefined,
): Promise<string | undefined> {
    if (document === undefined) return undefined;
    const written = /"sha256":\s*"([0-9a-f]{64})"/.exec(file.text)?.[1];
    const { pipfileHash } = await import("./formats/pipfile/pipfileHash");
    const hash = pipfileHash(document);
    if (written === undefined || hash === undefined || hash === written) return undefined;
    const pipfile = path.join(path.dirname(file.path), "Pipfile");
    return `${pipfile} has changed since ${file.path} was made (their hashes differ)`;
}

/** What a list asks for, by name: specifiers and extras as texts that are equal where they mean the same. */
type Asked = ReadonlyMap<string, ReadonlySet<string>>;

/** Names that `[tool.uv.sources]` says a place for. */
const sourceNames = (document: Table | undefined): readonly string[] =>
    Object.keys(tableOf(tableOf(tableOf(document?.["tool"])["uv"])["sources"])).map(normalizeName);

/** @param sources names that have a place of their own: uv locks none of them whose markers never hold */
function findUvDifference(locked: Table, document: Table, sources: ReadonlySet<string>): string | undefined {
    const project = tableOf(document["project"]);
    const metadata = tableOf(locked["metadata"]);
    // A lock without metadata was made before uv kept it, or the project has nothing to declare.
    if (!isTable(document["project"]) || !isTable(locked["metadata"])) return undefined;
    const dynamic = texts(project["dynamic"]);
    if (!dynamic.includes("dependencies") && !dynamic.includes("optional-dependencies")) {
        const lists = [
            ["", texts(project["dependencies"])] as const,
            ...Object.entries(tableOf(project["optional-dependencies"])).map(
                ([extra, list]) => [normalizeName(extra), texts(list)] as const,
            ),
        ];
        const entries = tables(metadata["requires-dist"]);
        for (const [extra, list] of lists) {
            const difference = compareLists(
                list,
                entries.filter((entry) => extraOf(entry) === extra),
                extra === "" ? "" : ` in extra ${extra}`,
                sources,
            );
            if (difference !== undefined) return difference;
        }
        const known = new Set(lists.map(([extra]) => extra));
        const gone = entries.map(extraOf).find((extra) => !known.has(extra));
        if (gone !== undefined) return `extra ${gone} is not in pyproject.toml any more`;
    }
    return findGroupDifference(tableOf(metadata["requires-dev"]), document, sources);
}

function findGroupDifference(
    locked: Table,
    document: Table,
    sources: ReadonlySet<string>,
): string | undefined {
    const groups = tableOf(document["dependency-groups"]);
    const legacy = texts(tableOf(tableOf(document["tool"])["uv"])["dev-dependencies"]);
    const names = new Set([...Object.keys(groups), ...(legacy.length > 0 ? ["dev"] : [])]);
    for (const name of names) {
        const expanded = expandGroup(groups, name, []);
        // A group that includes what is not there is for uv to complain about.
        if (expanded === undefined) continue;
        const key = Object.keys(locked).find((each) => normalizeName(each) === normalizeName(name));
        const difference = compareLists(
            [...expanded, ...(normalizeName(name) === "dev" ? legacy : [])],
            tables(key === undefined ? undefined : locked[key]),
            ` in group ${name}`,
            sources,
        );
        if (difference !== undefined) return difference;
    }
    return undefined;
}

/** The texts of a group with those that it includes (PEP 735); undefined when that can't be told. */
function expandGroup(groups: Table, name: string, trail: readonly string[]): readonly string[] | undefined {
    const key = Object.keys(groups).find((each) => normalizeName(each) === normalizeName(name));
    const list = key === undefined ? [] : groups[key];
    if (!Array.isArray(list) || trail.includes(name)) return undefined;
    const found: string[] = [];
    for (const item of list) {
        const included = isTable(item) ? item["include-group"] : undefined;
        const more =
            typeof item === "string"
                ? [item]
                : typeof included === "string"
                  ? expandGroup(groups, included, [...trail, name])
                  : undefined;
        if (more === undefined) return undefined;
        found.push(...more);
    }
    return found;
}

function compareLists(
    list: readonly string[],
    entries: readonly Table[],
    place: string,
    sources: ReadonlySet<string>,
): string | undefined {
    const [asked, locked] = [askedByTexts(list), askedByLock(entries)];
    const always = askedByTexts(list.filter((text) => !text.includes(";")));
    for (const [name, specifiers] of asked) {
        const known = locked.get(name);
        if (known === undefined && sources.has(name) && !always.has(name)) continue;
        if (known === undefined) return `${name}${place} is not in the lock yet`;
        const isOpen = known.has(anything) || specifiers.has(anything);
        const others = [...specifiers].filter((specifier) => !known.has(specifier));
        if (!isOpen && others.length > 0) {
            return `${name}${place} is asked for as ${shown(others[0])}, and was as ${shown([...known][0])}`;
        }
    }
    const gone = [...locked.keys()].find((name) => !asked.has(name));
    return gone === undefined ? undefined : `${gone}${place} is not asked for any more`;
}

/** Stands for a requirement whose version another setting decides: an address, a repository, a workspace member. */
const anything = "*";

function askedByTexts(list: readonly string[]): Asked {
    const asked = new Map<string, Set<string>>();
    for (const text of list) {
        const parsed = parseRequirement(text);
        if ("problem" in parsed || parsed.name === undefined) continue;
        const spelled =
            parsed.location === undefined ? spelling(parsed.extras, parsed.specifier ?? "") : anything;
        add(asked, normalizeName(parsed.name), spelled);
    }
    return asked;
}

function askedByLock(entries: readonly Table[]): Asked {
    const asked = new Map<string, Set<string>>();
    for (const entry of entries) {
        const { name, specifier, extras } = entry;
        if (typeof name !== "string") continue;
        const isElsewhere = ["url", "git", "path", "editable", "directory", "virtual"].some(
            (key) => entry[key] !== undefined,
        );
        const spelled = isElsewhere
            ? anything
            : spelling(texts(extras), typeof specifier === "string" ? specifier : "");
        add(asked, normalizeName(name), spelled);
    }
    return asked;
}

function add(asked: Map<string, Set<string>>, name: string, spelled: string): void {
    const known = asked.get(name) ?? new Set();
    asked.set(name, known.add(spelled));
}

/** `[fast]>=2,<3` with everything in one order and one spelling. */
function spelling(extras: readonly string[], specifier: string): string {
    const clauses = [...new Set(specifier.split(",").filter(Boolean).map(spelledClause))].sort().join(",");
    const names = [...new Set(extras.map(normalizeName))].sort().join(",");
    return `${names === "" ? "" : `[${names}]`}${clauses}`;
}

/** One clause of a specifier as PEP 440 normalises it. As uv compares, the zeros at a release's end mean something after `~=` only. */
function spelledClause(clause: string): string {
    const [specifier] = parseSpecifiers(clause) ?? [];
    if (specifier === undefined) return clause.replaceAll(/\s+/g, "");
    const { operator, version = parseVersion(specifier.text), wildcard, text } = specifier;
    if (version === undefined) return operator + text;
    const spelled = normalizeVersion(version, operator === "~=");
    return `${operator}${spelled}${wildcard ? ".*" : ""}`;
}

const shown = (spelled: string | undefined): string =>
    spelled === undefined || spelled === "" ? "any version" : spelled;

const extraOf = ({ marker }: Table): string =>
    typeof marker === "string" ? normalizeName(/\bextra == ['"]([^'"]+)['"]/.exec(marker)?.[1] ?? "") : "";

const texts = (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

const tables = (value: unknown): readonly Table[] => (Array.isArray(value) ? value.filter(isTable) : []);

const tableOf = (value: unknown): Table => (isTable(value) ? value : {});

async function readToml(file: string): Promise<Table | undefined> {
    const text = (await readRegularFile(file).catch(() => undefined))?.toString("utf8");
    return text === undefined ? undefined : parseOrNothing(text);
}

function parseOrNothing(text: string): Table | undefined {
    try {
        return parse(text, { maxDepth: 100 });
    } catch {
        return undefined;
    }
}
