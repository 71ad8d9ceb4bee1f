import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { DistributionFile } from "../manifest/model";
import { normalizeName } from "../manifest/name";
import type { Target } from "../target";
import type { BuildContext } from "./context";
import { addressWithCredentials } from "./credentials";
import type { ResolvedIndex } from "./indexes";
import type { Lookup } from "./lookup";
import type { Places } from "./places";
import { type FoundPackage, filenameOf } from "./pylock";
import type { ResolvedLine } from "./resolveList";

/**
 * The pip in a container of the target's build image, which resolves and builds there: pip evaluates markers for, and builds on,
 * the machine that it runs on.
 */
export interface Pip {
    /** The image that it runs in, by digest: `public.ecr.aws/sam/build-python3.13@sha256:…`. */
    readonly image: string;
    /** Runs pip with these arguments. */
    readonly run: (args: readonly string[], call: PipCall) => Promise<void>;
}

/** What one call of pip works with. */
export interface PipCall {
    /** Where it works, and what it may change. Absolute, as all paths here. */
    readonly folder: string;
    /** What it may change, too. */
    readonly writable?: readonly string[];
    /** Files and folders that it may read. */
    readonly readable: readonly string[];
    readonly variables: Readonly<Record<string, string>>;
    /** Lines of a requirements file for {@link settingsFile}. */
    readonly settings: string;
    readonly signal: AbortSignal;
}

/** Whether the tool is a {@link Pip}; the other one is uv. */
export const isPip = (tool: object): tool is Pip => typeof Reflect.get(tool, "run") === "function";

/** Where pip reads the option lines that say where to look, credentials included: they are in no variable that a build could see. */
const settingsFile = "/dev/stdin";

/** Files of one call, in a folder of its own. */
interface Files {
    readonly pins: string;
    readonly constraints?: string;
    /** Wheels that pins name by path. */
    readonly wheels?: readonly string[];
    /** Absolute. */
    readonly folder: string;
}

/**
 * pip's `--platform`, `--python-version` and the like for a target: every manylinux tag of its glibc down to 2.17 and the
 * perennial ones, and the one that names no glibc, since pip takes each for itself alone.
 */
export function pipTargetArguments(target: Target): string[] {
    const [major, newest] = target.glibc;
    const minors = Array.from({ length: newest - 17 + 1 }, (_, step) => newest - step);
    const old = target.machine === "x86_64" ? ["manylinux2010", "manylinux1"] : [];
    const platforms = [
        ...minors.map((minor) => `manylinux_${major}_${minor}`),
        "manylinux2014",
        ...old,
        "linux",
    ];
    return [
        ...platforms.flatMap((platform) => ["--platform", `${platform}_${target.machine}`]),
        ...["--implementation", "cp", "--python-version", target.pythonVersion],
    ];
}

/** The one file that pip takes of each pinned package, by `pip install --dry-run`. */
export async function pipListFiles(
    pip: Pip,
    files: Files,
    places: Places,
    lookup: Lookup,
    context: BuildContext,
): Promise<ReadonlyMap<string, FoundPackage>> {
    const args = [
        "--no-deps",
        ...pipTargetArguments(lookup.target),
        ...binaries(lookup),
        ...["-r", files.pins],
    ];
    const found = await dryRun(pip, args, files, places, context);
    return new Map(
        found.map(({ name, version, file }) => [name, { name, version, files: file ? [file] : [] }]),
    );
}

/** What a list comes to with all that its packages need, by `pip install --dry-run`. */
export async function pipResolve(
    pip: Pip,
    files: Files,
    places: Places,
    lookup: Lookup,
    context: BuildContext,
): Promise<readonly ResolvedLine[]> {
    // pip builds nothing for another platform, not even for one that it is told is another.
    const target = lookup.allowSourceBuilds.size === 0 ? pipTargetArguments(lookup.target) : [];
    const constraints = files.constraints === undefined ? [] : ["-c", files.constraints];
    const args = [
        ...target,
        ...binaries(lookup),
        ...(lookup.manifest.options?.prereleases ? ["--pre"] : []),
        ...["-r", files.pins, ...constraints],
    ];
    const found = await dryRun(pip, args, files, places, context);
    return found.map(({ name, version }) => ({
        name,
        version,
        neededBy: found.filter(({ needs }) => needs.includes(name)).map((other) => other.name),
    }));
}

/** Builds the wheel of a source tree or sdist, which is in `folder`, into `out`. */
export async function pipBuild(
    pip: Pip,
    place: { readonly source: string; readonly out: string; readonly folder: string },
    places: Places,
    variables: Readonly<Record<string, string>>,
    context: BuildContext,
): Promise<void> {
    const args = ["wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", place.out, place.source];
    const more = { writable: [place.out], variables };
    await runPip(pip, args, place.folder, places, more, context);
}

const binaries = (lookup: Lookup): string[] => [
    ...["--only-binary", ":all:"],
    ...[...lookup.allowSourceBuilds].flatMap((name) => ["--no-binary", name]),
];

interface Planned {
    readonly name: string;
    readonly version: string;
    readonly file: (DistributionFile & { readonly url: string }) | undefined;
    readonly needs: readonly string[];
}

async function dryRun(
    pip: Pip,
    args: readonly string[],
    { folder, wheels = [] }: Files,
    places: Places,
    context: BuildContext,
): Promise<readonly Planned[]> {
    const report = join(folder, "report.json");
    const own = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", report];
    await runPip(pip, [...own, ...args], folder, places, { readable: wheels }, context);
    const parsed: unknown = JSON.parse(await readFile(report, "utf8"));
    return listOf(at(parsed, "install")).map(planned);
}

/** pip's installation report, version 1: https://pip.pypa.io/en/stable/reference/installation-report/ */
function planned(entry: unknown): Planned {
    const address = textAt(entry, "download_info", "url").replace(/^([a-z+]+:\/\/)[^/@]*@/i, "$1");
    const sha256 = textAt(entry, "download_info", "archive_info", "hashes", "sha256");
    const needs = listOf(at(entry, "metadata", "requires_dist")).flatMap((text) => {
        const match = typeof text === "string" ? /^\s*([A-Za-z0-9._-]+)(?!.*\bextra\s*==)/.exec(text) : null;
        return match?.[1] === undefined ? [] : [normalizeName(match[1])];
    });
    return {
        name: normalizeName(textAt(entry, "metadata", "name")),
        version: textAt(entry, "metadata", "version"),
        file: URL.canParse(address)
            ? {
                  filename: filenameOf(address),
                  url: address,
                  ...(sha256 === "" ? {} : { hash: `sha256:${sha256}` }),
              }
            : undefined,
        needs,
    };
}

/** Runs pip without questions, and with none of the user's options that could change what is installed. */
async function runPip(
    pip: Pip,
    args: readonly string[],
    folder: string,
    places: Places,
    more: Partial<PipCall>,
    context: BuildContext,
): Promise<void> {
    const links = places.findLinks.filter(({ url }) => isAbsolute(url)).map(({ url }) => url);
    await pip.run([...args, "-r", settingsFile], {
        folder,
        ...more,
        readable: [...(more.readable ?? []), ...links],
        variables: { ...more.variables, ...pipVariables(context.environment) },
        settings: pipSettings(places),
        signal: context.signal,
    });
}

/** Option lines of a requirements file; `--trusted-host` and the rest hold for the whole call. */
function pipSettings(places: Places): string {
    const index = (option: string, one: ResolvedIndex) => `${option} ${addressWithCredentials(one)}\n`;
    return [
        ...(places.fallback === undefined ? [] : [index("--index-url", places.fallback)]),
        ...places.indexes.map((one) => index("--extra-index-url", one)),
        ...places.findLinks.map((one) => index("--find-links", one)),
        ...places.trustedHosts.map((host) => `--trusted-host ${host}\n`),
        ...(places.noIndex ? ["--no-index\n"] : []),
    ].join("");
}

/** How patient pip is, as the user has it. */
function pipVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
    const kept = ["PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES"].flatMap((name) => {
        const value = environment[name];
        return value === undefined ? [] : [[name, value]];
    });
    return { ...Object.fromEntries(kept), PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1" };
}

const at = (value: unknown, ...keys: readonly string[]): unknown =>
    keys.reduce(
        (inner: unknown, key) =>
            typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined,
        value,
    );

const textAt = (value: unknown, ...keys: readonly string[]): string => {
    const found = at(value, ...keys);
    return typeof found === "string" ? found : "";
};

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
