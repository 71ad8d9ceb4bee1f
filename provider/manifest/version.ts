/**
 * A version as PEP 440 defines it. Numbers are bigints because nothing bounds them: dates, build numbers and hashes
 * appear in them.
 */
export interface Version {
    readonly epoch: bigint;
    /** `1.20.0` → `[1n, 20n, 0n]`, as written. */
    readonly release: readonly bigint[];
    readonly pre?: { readonly phase: "a" | "b" | "rc"; readonly number: bigint };
    readonly post?: bigint;
    readonly dev?: bigint;
    /** `+cu121.1` → `["cu121", 1n]`; strings in lower case. */
    readonly local?: readonly (bigint | string)[];
    /** As given, without surrounding space: what `===` compares. */
    readonly text: string;
}

const operators = ["~=", "===", "==", "!=", "<=", ">=", "<", ">"] as const;
export type VersionOperator = (typeof operators)[number];

/** One clause of a version specifier: `>=3.9`, `==3.13.*`. */
export interface Specifier {
    readonly operator: VersionOperator;
    /** Absent for `===`, whose right side need not be a version. */
    readonly version?: Version;
    /** Whether the version ends in `.*`. */
    readonly wildcard: boolean;
    /** The right side as given. */
    readonly text: string;
}

const versionPattern =
    /^v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)(?<pre>[-_.]?(?<phase>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<preNumber>\d+)?)?(?<post>-(?<postImplicit>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>\d+)?)?(?<dev>[-_.]?dev[-_.]?(?<devNumber>\d+)?)?(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i;

const phases: Readonly<Record<string, "a" | "b" | "rc">> = {
    a: "a",
    alpha: "a",
    b: "b",
    beta: "b",
    c: "rc",
    rc: "rc",
    pre: "rc",
    preview: "rc",
};

/** Characters: more is no version. */
const longestVersion = 1000;

/** Parses a version (PEP 440, with the spellings it normalises); undefined for what is none. */
export function parseVersion(text: string): Version | undefined {
    if (text.length > longestVersion) return undefined;
    const trimmed = text.trim();
    const parts = versionPattern.exec(trimmed)?.groups;
    if (parts?.["release"] === undefined) return undefined;
    const phase = phases[(parts["phase"] ?? "").toLowerCase()];
    return {
        epoch: BigInt(parts["epoch"] ?? 0),
        release: parts["release"].split(".").map(BigInt),
        ...(phase === undefined ? {} : { pre: { phase, number: BigInt(parts["preNumber"] ?? 0) } }),
        ...(parts["post"] === undefined
            ? {}
            : { post: BigInt(parts["postImplicit"] ?? parts["postNumber"] ?? 0) }),
        ...(parts["dev"] === undefined ? {} : { dev: BigInt(parts["devNumber"] ?? 0) }),
        ...(parts["local"] === undefined ? {} : { local: parts["local"].split(/[-_.]/).map(localSegment) }),
        text: trimmed,
    };
}

/** A version as PEP 440 normalises it: `V1.0-RC.1` → `1.0rc1`; without zeros at the end of the release unless they are kept. */
export function normalizeVersion(version: Version, keepsZeros: boolean): string {
    const { epoch, release, pre, post, dev, local } = version;
    const last = keepsZeros ? release.length - 1 : release.findLastIndex((number) => number !== 0n);
    const part = (name: string, number: bigint | undefined) =>
        number === undefined ? "" : `${name}${number}`;
    return [
        epoch === 0n ? "" : `${epoch}!`,
        release.slice(0, Math.max(last, 0) + 1).join("."),
        pre === undefined ? "" : `${pre.phase}${pre.number}`,
        part(".post", post),
        part(".dev", dev),
        local === undefined ? "" : `+${local.join(".")}`,
    ].join("");
}

/** Negative when `left` is the earlier one, positive when it is the later one, 0 when they are the same version. */
export function compareVersions(left: Version, right: Version): number {
    return (
        comparePublic(left, right) ||
        compareLists(left.local?.map(sortable) ?? [], right.local?.map(sortable) ?? [], compareSegments)
    );
}

/** Parses a comma-separated version specifier; an empty one gives no clauses. Undefined for what is none. */
export function parseSpecifiers(text: string): readonly Specifier[] | undefined {
    const clauses = text
        .split(",")
        .map((clause) => clause.trim())
        .filter((clause) => clause !== "")
        .map(parseSpecifier);
    return clauses.every((clause) => clause !== undefined) ? clauses : undefined;
}

/**
 * Whether a version meets every clause. Pre-releases count like any other version, as they do in markers and in
 * `requires-python`.
 */
export function satisfies(version: Version, specifiers: readonly Specifier[]): boolean {
    return specifiers.every((specifier) => satisfiesOne(version, specifier));
}

/** Parses one clause; undefined for what is none, or what PEP 440 forbids (`~=1`, `>=1.0+local`, `>1.*`). */
function parseSpecifier(clause: string): Specifier | undefined {
    const operator = operators.find((candidate) => clause.startsWith(candidate));
    if (operator === undefined) return undefined;
    const text = clause.slice(operator.length).trim();
    if (operator === "===")
        return text === "" || /\s/.test(text) ? undefined : { operator, wildcard: false, text };
    const equality = operator === "==" || operator === "!=";
    const wildcard = equality && /\S\.\*$/.test(text);
    const version = parseVersion(wildcard ? text.slice(0, -2) : text);
    if (version === undefined) return undefined;
    if (version.local !== undefined && (!equality || wildcard)) return undefined;
    if (wildcard && (version.pre ?? version.post ?? version.dev) !== undefined) return undefined;
    if (operator === "~=" && version.release.length < 2) return undefined;
    return { operator, version, wildcard, text };
}

function satisfiesOne(version: Version, specifier: Specifier): boolean {
    const { operator, version: bound, wildcard, text } = specifier;
    if (bound === undefined) return version.text.toLowerCase() === text.toLowerCase();
    switch (operator) {
        case "==":
            return equals(version, bound, wildcard);
        case "!=":
            return !equals(version, bound, wildcard);
        case "<=":
            return comparePublic(version, bound) <= 0;
        case ">=":
            return comparePublic(version, bound) >= 0;
        case "~=":
            return comparePublic(version, bound) >= 0 && hasPrefix(version, bound, bound.release.length - 1);
        // `<1.0` leaves out 1.0's own pre-releases, `>1.0` its own post-releases and local versions (PEP 440).
        case "<":
            return comparePublic(version, isPrerelease(bound) ? bound : { ...bound, dev: 0n }) < 0;
        case ">":
            return comparePublic(version, bound) > 0 && !isPostOf(version, bound);
        case "===":
            return false;
    }
}

function equals(version: Version, bound: Version, wildcard: boolean): boolean {
    if (!wildcard)
        return bound.local === undefined
            ? comparePublic(version, bound) === 0
            : compareVersions(version, bound) === 0;
    return hasPrefix(version, bound, bound.release.length);
}

/** Whether the first `length` numbers of the release are the bound's, missing ones counting as 0. */
function hasPrefix(version: Version, bound: Version, length: number): boolean {
    return (
        version.epoch === bound.epoch &&
        bound.release.slice(0, length).every((number, index) => number === (version.release[index] ?? 0n))
    );
}

const isPrerelease = (version: Version): boolean => version.pre !== undefined || version.dev !== undefined;

/** Whether `version` is a post-release of exactly `bound`, which is none itself. */
function isPostOf(version: Version, bound: Version): boolean {
    if (version.post === undefined || bound.post !== undefined || bound.dev !== undefined) return false;
    const { post: _post, dev: _dev, ...base } = version;
    return comparePublic(base, bound) === 0;
}

/** As {@link compareVersions}, but without the local part. */
function comparePublic(left: Version, right: Version): number {
    return (
        compareNumbers(left.epoch, right.epoch) ||
        compareReleases(left.release, right.release) ||
        compareNumbers(phaseRank(left), phaseRank(right)) ||
        compareNumbers(left.pre?.number ?? 0n, right.pre?.number ?? 0n) ||
        compareNumbers(left.post ?? -1n, right.post ?? -1n) ||
        // A development release comes before what it develops.
        compareNumbers(left.dev === undefined ? 1n : 0n, right.dev === undefined ? 1n : 0n) ||
        compareNumbers(left.dev ?? 0n, right.dev ?? 0n)
    );
}

/** `1.0.dev1` < `1.0a1` < `1.0b1` < `1.0rc1` < `1.0` and `1.0.post1`. */
function phaseRank(version: Version): bigint {
    if (version.pre !== undefined) return { a: 1n, b: 2n, rc: 3n }[version.pre.phase];
    return version.dev !== undefined && version.post === undefined ? 0n : 4n;
}

function compareReleases(left: readonly bigint[], right: readonly bigint[]): number {
    const length = Math.max(left.length, right.length);
    const padded = (release: readonly bigint[]) => Array.from({ length }, (_, index) => release[index] ?? 0n);
    return compareLists(padded(left), padded(right), compareNumbers);
}

/** Numbers are later than words. */
const sortable = (segment: bigint | string): readonly [bigint, string] =>
    typeof segment === "string" ? [-1n, segment] : [segment, ""];

const localSegment = (text: string): bigint | string =>
    /^\d+$/.test(text) ? BigInt(text) : text.toLowerCase();

function compareSegments(left: readonly [bigint, string], right: readonly [bigint, string]): number {
    return compareNumbers(left[0], right[0]) || (left[1] < right[1] ? -1 : left[1] > right[1] ? 1 : 0);
}

const compareNumbers = (left: bigint, right: bigint): number => (left < right ? -1 : left > right ? 1 : 0);

function compareLists<Item>(
    left: readonly Item[],
    right: readonly Item[],
    compare: (a: Item, b: Item) => number,
): number {
    for (const [index, item] of left.entries()) {
        const other = right[index];
        if (other === undefined) return 1;
        const order = compare(item, other);
        if (order !== 0) return order;
    }
    return left.length - right.length;
}
