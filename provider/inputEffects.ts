import type { LayerVersionInputs, PythonLayerInputs } from "./inputs";

/** Every input: a new one does not compile before the table below says what a change of it means. */
type InputName = keyof PythonLayerInputs | keyof LayerVersionInputs;

interface InputEffect {
    /**
     * What a change of it leads to: a new version; a new version unless the dependencies of both sides can be compared, which
     * then decide (`manifest`); an update in place; or nothing at all.
     */
    readonly change: "version" | "manifest" | "update" | "nothing";
    /** Whether it decides, beside the manifest's bytes, which dependencies are selected, or how they are compared. */
    readonly selects: boolean;
}

const inputEffects: Readonly<Record<InputName, InputEffect>> = {
    resourceType: { change: "version", selects: false },
    layerName: { change: "version", selects: false },
    account: { change: "version", selects: false },
    region: { change: "version", selects: false },
    description: { change: "version", selects: false },
    licenseInfo: { change: "version", selects: false },
    compatibleRuntimes: { change: "version", selects: false },
    compatibleArchitectures: { change: "version", selects: false },
    triggers: { change: "version", selects: false },
    content: { change: "version", selects: false },
    pythonVersion: { change: "version", selects: true },
    architecture: { change: "version", selects: true },
    sourcesDigest: { change: "version", selects: false },
    exclude: { change: "version", selects: true },
    excludeRuntimeProvided: { change: "version", selects: true },
    compileBytecode: { change: "version", selects: false },

    manifestMd5: { change: "manifest", selects: false },
    includesDigest: { change: "manifest", selects: false },
    manifestKind: { change: "manifest", selects: true },
    package: { change: "manifest", selects: true },
    extras: { change: "manifest", selects: true },
    groups: { change: "manifest", selects: true },
    onlyGroups: { change: "manifest", selects: true },
    localPackages: { change: "manifest", selects: true },

    owner: { change: "update", selects: false },
    manifest: { change: "update", selects: false },
    bucket: { change: "update", selects: false },
    prefix: { change: "update", selects: false },
    bucketOwner: { change: "update", selects: false },
    serverSideEncryption: { change: "update", selects: false },
    kmsKeyId: { change: "update", selects: false },
    forceDestroy: { change: "update", selects: false },
    keepVersions: { change: "update", selects: false },
    permissions: { change: "update", selects: false },
    records: { change: "update", selects: false },
    allowSourceBuilds: { change: "update", selects: true },
    changeDetection: { change: "update", selects: true },
    resolveUnpinned: { change: "update", selects: true },
    installer: { change: "update", selects: false },
    dependencies: { change: "update", selects: false },
    dependencyDigest: { change: "update", selects: false },

    // How packages are reached changes nothing of what is there, and a create takes it from its own inputs.
    indexes: { change: "nothing", selects: false },
};

const namesOf = (test: (effect: InputEffect) => boolean): readonly string[] =>
    Object.entries(inputEffects).flatMap(([name, effect]) => (test(effect) ? [name] : []));

/** A change of any of these is a new version. */
export const versionInputs = namesOf(({ change }) => change === "version");

/** What is read off the manifest or taken of it. Where the dependencies can be compared, they decide. */
export const dependencyInputs = namesOf(({ change }) => change === "manifest");

/** A change of any of these is an update in place, unless it is a new version. */
export const updatedInputs = namesOf(({ change }) => change === "manifest" || change === "update");

/** Equal bytes of the manifest and equal values of these: the dependencies are the same, and nothing is parsed. */
export const selectionInputs = namesOf(({ selects }) => selects);

/** Every input that the table has. */
export const classifiedInputs = namesOf(() => true);
