const index = "https://index.example";

const platforms = [
    "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "manylinux_2_28_aarch64",
    "macosx_11_0_arm64",
    "win_amd64",
];

/** Twelve wheels of each package, as compiled ones have. */
const tags = ["311", "312", "313"].flatMap((python) =>
    platforms.map((platform) => `cp${python}-cp${python}-${platform}`),
);

const nameOf = (number: number): string => `package-${String(number).padStart(3, "0")}`;

const hashOf = (number: number): string => `sha256:${number.toString(16).padStart(64, "0")}`;

/** A lock as uv writes it: `count` compiled packages, each needing the next two under a marker, all needed by the project. */
export function largeLock(count: number): string {
    const root = `[[package]]\nname = "app"\nversion = "1.0"\nsource = { virtual = "." }\ndependencies = [\n    { name = "${nameOf(0)}" },\n]\n`;
    return ['version = 1\nrevision = 3\nrequires-python = ">=3.11"\n', root, ...packages(count)].join("\n");
}

/**
 * A lock that uv made, and `count` packages that only a group of its project needs: what is installed stays small, and
 * reading the lock costs what a large project's costs. `project` is the name of the lock's own package.
 */
export function withLargeGroup(lock: string, project: string, count: number): string {
    const start = lock.indexOf(`[[package]]\nname = "${project}"\n`);
    if (start === -1) {
        throw new Error(`The lock has no package "${project}".`);
    }
    const end = lock.indexOf("\n[[package]]", start);
    const own = end === -1 ? lock.slice(start) : lock.slice(start, end);
    const group = `[package.dev-dependencies]\nlarge = [\n    { name = "${nameOf(0)}" },\n]\n`;
    const metadata = own.indexOf("\n[package.metadata]");
    const at = start + (metadata === -1 ? own.length : metadata);
    return [lock.slice(0, at).trimEnd(), `\n${group}`, lock.slice(at).trim(), ...packages(count)].join("\n");
}

const packages = (count: number): string[] =>
    Array.from({ length: count }, (_, number) => onePackage(number, count));

function onePackage(number: number, count: number): string {
    const needs = [number + 1, number + 2].filter((other) => other < count);
    const stem = `${nameOf(number).replace("-", "_")}-1.${number}.0`;
    const requirement = (other: number) =>
        `    { name = "${nameOf(other)}", marker = "python_full_version < '3.${14 + (other % 5)}'" },`;
    return [
        `\n[[package]]\nname = "${nameOf(number)}"\nversion = "1.${number}.0"\nsource = { registry = "${index}/simple" }`,
        ...(needs.length === 0 ? [] : ["dependencies = [", ...needs.map(requirement), "]"]),
        `sdist = { ${fileOf(`${stem}.tar.gz`, number)} }`,
        "wheels = [",
        ...tags.map((tag, each) => `    { ${fileOf(`${stem}-${tag}.whl`, number * 20 + each)} },`),
        "]\n",
    ].join("\n");
}

const fileOf = (path: string, number: number): string =>
    `url = "${index}/packages/ab/cd/${"ef".repeat(30)}/${path}", hash = "${hashOf(number)}", size = 123456, upload-time = "2026-01-02T03:04:05.678Z"`;
