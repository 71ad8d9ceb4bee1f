/**
 * What a manifest says, in one shape for all kinds, and what of it would be installed for a target.
 *
 * Readers (`requirements.ts`, `poetryLock.ts`, `uvLock.ts`) produce a {@link Manifest}; `select.ts` turns one into
 * {@link Dependency} values for a target. Nothing here knows how to build or where things are stored.
 */

/** The kinds of manifest, named as the files usually are. */
export const manifestKinds = [
    "requirements.txt",
    "poetry.lock",
    "uv.lock",
    "pylock.toml",
    "Pipfile.lock",
] as const;
export type ManifestKind = (typeof manifestKinds)[number];

/** A file that a requirements.txt includes with `-r` or `-c`, at any depth. */
export interface IncludedFile {
    /** For messages: relative to the program's directory like {@link ManifestFile.path}. */
    readonly path: string;
    readonly absolutePath: string;
    readonly bytes: Buffer;
    /** Decoded, without a byte order mark. */
    readonly text: string;
}

/** A manifest's bytes and what follows from them without parsing. */
export interface ManifestFile {
    readonly kind: ManifestKind;
    /** As given by the user. */
    readonly path: string;
    /** The directory that a relative `path` starts from, absolute. */
    readonly folder: string;
    readonly absolutePath: string;
    readonly bytes: Buffer;
    /** MD5 of the bytes, lower-case hex. Includes have no part in it. */
    readonly md5: string;
    /** Decoded, without a byte order mark. */
    readonly text: string;
    /** Files that the manifest includes (`-r`, `-c`), transitively, each once, in the order met. */
    readonly includes: readonly IncludedFile[];
    /** Variables of the environment that its names, versions and paths have, and those that its includes have; none of an address. */
    readonly variables?: Readonly<Record<string, string>>;
}

/** A place in a file, for messages. Lines and columns count from 1. */
export interface Position {
    readonly file: string;
    readonly line: number;
    readonly column: number;
}

/**
 * Where a package comes from. Locations never hold credentials: readers refuse a manifest that does. What may stay
 * in an address is `${VAR}`, verbatim, for the installer to expand.
 */
export type Source =
    /**
     * A package index; `index` is absent where the manifest leaves it to the installer's default. It is an address,
     * or the path of a local index relative to the manifest's folder (uv's flat indexes), or, from a
     * requirements.txt that names several, all of them, in order, with a space between: enough to compare with,
     * while {@link Manifest.options} is what to build with.
     */
    | { readonly type: "registry"; readonly index?: string }
    /** An archive at an address; `subdirectory` is where in a source archive the project is. */
    | { readonly type: "url"; readonly url: string; readonly subdirectory?: string }
    /**
     * A commit (full hex) of a repository; without `commit` the source can change under the manifest. `url` is
     * without `git+`, query and fragment; `reference` is the branch, tag or short commit that was asked for, if any.
     */
    | {
          readonly type: "git";
          readonly url: string;
          readonly commit?: string;
          readonly reference?: string;
          readonly subdirectory?: string;
      }
    /** A wheel or sdist beside the manifest; `path` is relative to the manifest's folder, with forward slashes. */
    | { readonly type: "path"; readonly path: string }
    /** A source tree beside the manifest; `virtual` when it has dependencies but nothing to install. */
    | {
          readonly type: "directory";
          readonly path: string;
          readonly editable: boolean;
          readonly virtual: boolean;
      };

/** One distribution file of a package: a wheel or an sdist. */
export interface DistributionFile {
    /** As the index names it: `numpy-2.5.5-cp313-cp313-manylinux_2_28_aarch64.whl`. */
    readonly filename: string;
    /** Where it can be fetched; absent where the manifest does not say (poetry.lock) and for local files. */
    readonly url?: string;
    /** Where it is on disk, relative to the manifest's folder, with forward slashes; local files only. */
    readonly path?: string;
    /** `sha256:<hex>`; absent for some local files. */
    readonly hash?: string;
    /** Bytes; only uv.lock says. */
    readonly size?: number;
}

/** A requirement of one package on another, as the manifest states it. */
export interface Requirement {
    /** Normalised as PEP 503 says. */
    readonly name: string;
    /** Extras of the required package that are asked for, normalised. */
    readonly extras: readonly string[];
    /**
     * PEP 508 marker text; absent when unconditional. uv simplifies it for the lock's `requires-python` and
     * {@link Manifest.resolutionMarkers}, and writes conflicting extras and groups into it as
     * `extra == 'extra-<length of the package's name>-<package>-<extra>'` and `extra == 'group-<length>-<package>-<group>'`.
     */
    readonly marker?: string;
    /** Which of several locked packages of that name is meant (forks); absent when there is one. */
    readonly version?: string;
    readonly source?: Source;
    /** PEP 440 specifiers where the manifest keeps those rather than an edge to a locked package. */
    readonly specifier?: string;
}

/** A package as locked. */
export interface LockedPackage {
    /** Normalised as PEP 503 says; where {@link unnamed}, what stands in for it. */
    readonly name: string;
    /**
     * Whether the line of a requirements.txt has no name: then `name` is what the project's files state, or else the place that it comes
     * from, and the built wheel's own name counts.
     */
    readonly unnamed?: true;
    /** Absent for a source tree with a dynamic version, and for a requirements.txt line that pins none. */
    readonly version?: string;
    /** PEP 440 specifiers as a requirements.txt line gives them (`==2.31.0`, `>=2,<3`); absent when it gives none. */
    readonly specifier?: string;
    /** Extras that a requirements.txt line asks for, normalised: `requests[socks]`. */
    readonly requestedExtras?: readonly string[];
    readonly source: Source;
    readonly requirements: readonly Requirement[];
    /** Requirements by extra, extras normalised; one that the package declares but that adds nothing maps to []. */
    readonly extras: ReadonlyMap<string, readonly Requirement[]>;
    /** Requirements by dependency group (PEP 735), groups normalised. Only projects have them. */
    readonly groups: ReadonlyMap<string, readonly Requirement[]>;
    /** PEP 440 specifiers of the Pythons that a group is for, by group, where it has its own. Only projects of a uv.lock have them. */
    readonly groupPythons?: ReadonlyMap<string, string>;
    /** What the project's own `pyproject.toml` asked for when the lock was made (uv's `requires-dist`); projects only. */
    readonly declared?: readonly Requirement[];
    /** Every file that the manifest lists. */
    readonly files: readonly DistributionFile[];
    /** Acceptable hashes, `algorithm:hex`, where the manifest does not tie them to files (requirements.txt). */
    readonly hashes: readonly string[];
    /** PEP 508 marker under which this entry applies at all (uv forks, poetry 2.1 without groups, pylock.toml, requirements.txt lines). */
    readonly marker?: string;
    /** PEP 440 specifiers of the Pythons that this entry is for, where it has its own (pylock.toml). */
    readonly requiresPython?: string;
    /** Marker by group where the manifest already did the walk (poetry 2.1, Pipfile.lock); a present group without a marker maps to "". */
    readonly markersByGroup?: ReadonlyMap<string, string>;
    readonly position: Position;
}

/** What a requirements.txt's option lines say, each as written; `${VAR}` stays for the installer to expand. */
export interface RequirementsOptions {
    /** `--index-url`, the last one given. */
    readonly indexUrl?: string;
    /** `--extra-index-url`, in order. */
    readonly extraIndexUrls: readonly string[];
    /** `--find-links`: addresses, or paths relative to the manifest's folder. */
    readonly findLinks: readonly string[];
    readonly noIndex: boolean;
    /** `--only-binary` and `--no-binary`: normalised names, or `:all:`, or `:none:`. */
    readonly onlyBinary: readonly string[];
    readonly noBinary: readonly string[];
    readonly requireHashes: boolean;
    /** `--pre`. */
    readonly prereleases: boolean;
    readonly trustedHosts: readonly string[];
}

/** Something in a manifest that makes a comparison of dependencies unsafe, so that the MD5 decides instead. */
export interface Doubt {
    /** One sentence, without a full stop: "requests is not pinned to one version". */
    readonly reason: string;
    readonly position?: Position;
    /** What the user can do about it. */
    readonly next: string;
}

/** A manifest, read and understood as far as it can be. */
export interface Manifest {
    readonly kind: ManifestKind;
    /** As given by the user; relative paths start at the program's directory. */
    readonly path: string;
    readonly packages: readonly LockedPackage[];
    /** Names of the projects that the manifest locks for (workspace members); empty for requirements.txt. */
    readonly projects: readonly string[];
    /** The project whose folder the manifest is in, when it is one. */
    readonly root?: string;
    /** PEP 440 specifiers of the Pythons the manifest was made for. */
    readonly requiresPython?: string;
    /** poetry's `content-hash`: of the parts of `pyproject.toml` that the lock was made from. */
    readonly contentHash?: string;
    /** Markers of the environments the lock was limited to (uv's `supported-markers`); empty when it was not. */
    readonly environments: readonly string[];
    /** uv: markers of the forks of the resolution (`resolution-markers`); absent when it did not fork. */
    readonly resolutionMarkers?: readonly string[];
    /** Extras of the manifest as a whole, normalised, with the packages that each asks for (poetry's `[extras]`). */
    readonly extras?: ReadonlyMap<string, readonly Requirement[]>;
    /** Groups of a workspace root that is no project (uv's `[manifest.dependency-groups]`), with specifiers, no versions; of a pylock.toml, the names alone. */
    readonly groups?: ReadonlyMap<string, readonly Requirement[]>;
    /** Groups that are installed unless others are asked for alone (pylock.toml), normalised. */
    readonly defaultGroups?: readonly string[];
    /** As {@link LockedPackage.groupPythons}, of those groups. */
    readonly groupPythons?: ReadonlyMap<string, string>;
    /** requirements.txt only: whether a comment says that a tool wrote the file. */
    readonly isGenerated?: boolean;
    /** requirements.txt only: what its option lines say. */
    readonly options?: RequirementsOptions;
    /** requirements.txt only: the lines of its constraint files (`-c`); they install nothing. */
    readonly constraints?: readonly LockedPackage[];
    /** uv: sets of extras and groups of which no two go together; an item with neither is the package itself. */
    readonly conflicts: readonly (readonly {
        readonly package: string;
        readonly extra?: string;
        readonly group?: string;
    }[])[];
    /** Index addresses of the manifest's option lines, `--index-url` first (requirements.txt); without credentials. */
    readonly indexes: readonly string[];
    /** Why the dependencies may not be compared; empty when they may. */
    readonly doubts: readonly Doubt[];
}

/** What of a manifest is to be installed. */
export interface SelectionSettings {
    /** A workspace member; default the root project, or the only member where the root is no project. */
    readonly package?: string;
    readonly extras: readonly string[];
    readonly groups: readonly string[];
    /** Groups that are installed alone, without what else is by default; not together with extras or groups. Default: none. */
    readonly onlyGroups?: readonly string[];
    /** Whether workspace and path packages that are needed go in. */
    readonly localPackages: boolean;
    /** Packages that may be built from their sdist where no wheel suits the target. */
    readonly allowSourceBuilds: readonly string[];
    /** See `exclude.ts`; default nothing. */
    readonly exclude?: readonly string[];
    readonly excludeRuntimeProvided?: boolean;
    /** What a project asks for itself, normalised, where its manifest does not tell (poetry); see `pyproject.ts`. */
    readonly directNames?: ReadonlySet<string>;
}

/** One dependency as it would be installed for a target. */
export interface Dependency {
    /** Normalised as PEP 503 says; where {@link unnamed}, what stands in for it. */
    readonly name: string;
    /** As for a {@link LockedPackage}. */
    readonly unnamed?: true;
    /** Absent for a source tree whose version is known once it is built, and for a line of a requirements.txt that pins none. */
    readonly version?: string;
    /** PEP 440 specifiers of a line that pins no version; absent where it has none. */
    readonly specifier?: string;
    readonly source: Source;
    /** The one file that would be installed; absent where the manifest has no files to choose from. */
    readonly file?: DistributionFile;
    /** Acceptable hashes where no file is chosen, sorted. */
    readonly hashes: readonly string[];
    /**
     * Extras that a requirements.txt line asks for, sorted; absent when it asks for none. Whether the list has what they
     * need shows only when it is built, so another set of them is another dependency.
     */
    readonly extras?: readonly string[];
    readonly position: Position;
}

/** The dependencies of a manifest for a target, sorted by name. */
export interface Selection {
    readonly dependencies: readonly Dependency[];
    /** Why this selection may not be compared with another; empty when it may. Includes the manifest's own doubts. */
    readonly doubts: readonly Doubt[];
    /** Why `excludeRuntimeProvided` leaves nothing out; see `runtimeNeeds` in `exclude.ts`. Empty where it does, or is not set. */
    readonly runtimeNeeds: readonly { readonly name: string; readonly neededBy: string }[];
    /** Lines of a requirements.txt that ask for the project itself, which is never in the layer. */
    readonly projectLines: readonly Position[];
    /** Names of `exclude` that the manifest has nothing of, for any target. */
    readonly unknownExcludes: readonly string[];
    /** The same of `allowSourceBuilds`. */
    readonly unknownSourceBuilds: readonly string[];
}
