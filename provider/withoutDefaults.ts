import { defaultPrefix } from "./inputs";
import type { LayerVersionArgs } from "./layerVersion";
import { isGlob } from "./manifest/exclude";
import { manifestKindNamed } from "./manifest/kind";
import { normalizeName } from "./manifest/name";
import { type Props, textOf } from "./props";
import type { PythonLayerArgs } from "./pythonLayer";
import { hasUnknown } from "./unknown";

/** What a value comes to: `undefined` where it says the same as leaving the argument out. */
type Reading = (value: unknown, args: Props) => unknown;

/** Every argument: a new one does not compile before this table says what its default is. */
type ArgumentName = keyof PythonLayerArgs | keyof LayerVersionArgs;

const asGiven: Reading = (value) => value;

/** For an argument with this default. */
const unless =
    (byDefault: unknown): Reading =>
    (value) =>
        value === byDefault ? undefined : value;

/** For a list that is empty by default. */
const unlessEmpty: Reading = (value) => (Array.isArray(value) && value.length === 0 ? undefined : value);

/** For a list whose order and repetitions mean nothing, and that is empty by default. */
const setOf =
    (read: (entry: string) => string = (entry) => entry): Reading =>
    (value) => {
        if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) return value;
        return value.length === 0 ? undefined : [...new Set(value.map(read))].sort();
    };

const readings: Readonly<Record<ArgumentName, Reading>> = {
    manifest: asGiven,
    layerName: asGiven,
    region: asGiven,
    bucket: asGiven,
    bucketOwner: asGiven,
    serverSideEncryption: (value, args) =>
        value === "aws:kms" && textOf(args, "kmsKeyId") !== undefined ? undefined : value,
    kmsKeyId: asGiven,
    pythonVersion: asGiven,
    package: (value) => (typeof value === "string" ? normalizeName(value) : value),
    indexes: unlessEmpty,
    architecture: unless("x86_64"),
    prefix: (value, args) => (value === defaultPrefix(args) ? undefined : value),
    description: unless(""),
    licenseInfo: unless(""),
    compatibleRuntimes: setOf(),
    compatibleArchitectures: setOf(),
    keepVersions: unless("all"),
    forceDestroy: unless(false),
    permissions: setOf(),
    triggers: unlessEmpty,
    manifestKind: (value, args) =>
        value === manifestKindNamed(textOf(args, "manifest") ?? "") ? undefined : value,
    extras: setOf(normalizeName),
    groups: setOf(normalizeName),
    onlyGroups: setOf(normalizeName),
    localPackages: unless(true),
    allowSourceBuilds: setOf(normalizeName),
    changeDetection: unless("dependencies"),
    exclude: setOf((entry) => (isGlob(entry) ? entry : normalizeName(entry))),
    excludeRuntimeProvided: unless(false),
    compileBytecode: unless(false),
    resolveUnpinned: unless(false),
    installer: unless("uv"),
    content: readContent,
};

/** An object in S3 is copied by default, and the newest of its versions is taken, whose id is empty in a bucket without versioning. */
function readContent(value: unknown): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const members = Object.entries(value).filter(
        ([name, member]) =>
            member !== null &&
            !(name === "s3ObjectVersion" && member === "") &&
            !(name === "s3ObjectStorageMode" && member === "COPY"),
    );
    return Object.fromEntries(members);
}

/**
 * Properties without the arguments that say the same as leaving them out, and with lists that are sets in one order. So a default that
 * is written down, an empty text or an empty list never makes a difference.
 *
 * What is no argument, and what a preview does not know yet, stays as it is.
 */
export const withoutDefaults = (props: Props): Record<string, unknown> =>
    Object.fromEntries(
        Object.entries(props).flatMap(([name, value]) => {
            if (value === undefined || value === null) return [];
            const read = isArgument(name) && !hasUnknown(value) ? readings[name] : asGiven;
            const meaning = read(value, props);
            return meaning === undefined ? [] : [[name, meaning]];
        }),
    );

const isArgument = (name: string): name is ArgumentName => Object.hasOwn(readings, name);
