import * as pulumi from "@pulumi/pulumi";
import type { Installer } from "./installers";
import { type LayerArgs, LayerResource } from "./layerResource";
import type { Architecture } from "./target";

/** A private package index. */
export interface PackageIndex {
    /** Base of its simple API (PEP 503). `${NAME}` stands for an environment variable of the machine that builds. */
    readonly url: pulumi.Input<string>;
    /**
     * Its name in `UV_INDEX_<NAME>_USERNAME`, `POETRY_HTTP_BASIC_<NAME>_USERNAME` and their `_PASSWORD`. Default: the name
     * that the project's `pyproject.toml` has for the address, if any.
     */
    readonly name?: pulumi.Input<string>;
    /** User name. Default: the environment's for {@link name}, then netrc's for the host. */
    readonly username?: pulumi.Input<string>;
    /** Password or token. Default: as for {@link username}. */
    readonly password?: pulumi.Input<string>;
    /** Environment variable that holds the user name where the layer is built. Default: none. */
    readonly usernameVariable?: pulumi.Input<string>;
    /** Environment variable that holds the password where the layer is built. Default: none. */
    readonly passwordVariable?: pulumi.Input<string>;
}

/** The arguments of a {@link PythonLayer}. */
export interface PythonLayerArgs extends LayerArgs {
    /**
     * Path of the manifest, relative to the program's directory: a `uv.lock`, a `poetry.lock` of lock version 2.1 (poetry 2
     * writes it), a `pylock.toml` or `pylock.<name>.toml` (PEP 751), a `Pipfile.lock`, or a fully pinned `requirements.txt`. The kind is told from the file's name; {@link manifestKind} overrides it.
     */
    readonly manifest: pulumi.Input<string>;
    /** The kind of manifest, where its name does not say. Default: told from the name. */
    readonly manifestKind?: pulumi.Input<
        "requirements.txt" | "poetry.lock" | "uv.lock" | "pylock.toml" | "Pipfile.lock"
    >;
    /** The S3 bucket that keeps artifacts, manifests and records. A layer above 50 MiB needs one in its own region. */
    readonly bucket: pulumi.Input<string>;
    /**
     * Name of the layer, or the ARN of a layer of this account and region. Default: `<project>-<stack>-<resource>`,
     * which is kept once chosen.
     */
    readonly layerName?: pulumi.Input<string>;
    /**
     * The Python that runs the layer: `"3.13"`, an `aws.lambda.Runtime` such as `"python3.13"`, or a full version. Markers
     * are evaluated for the full version; without one, for a late release that the manifest allows.
     */
    readonly pythonVersion: pulumi.Input<string>;
    /** The instruction set of the functions that use the layer. Default: `"x86_64"`. */
    readonly architecture?: pulumi.Input<Architecture>;
    /**
     * The workspace member whose dependencies are installed. Default: the root project, or the only member of a workspace
     * whose root is no project.
     */
    readonly package?: pulumi.Input<string>;
    /** Extras of the project that are installed. Default: none. */
    readonly extras?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Dependency groups that are installed beside the main one: the project's own or, where it has none of that name,
     * those of the workspace's root; categories of a `Pipfile.lock` such as `develop`. Default: none beside a `pylock.toml`'s
     * `default-groups`.
     */
    readonly groups?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Dependency groups that are installed alone, without the main dependencies, as uv's `--only-group` and Poetry's
     * `--only`. Not together with `groups` or `extras`. Default: none.
     */
    readonly onlyGroups?: pulumi.Input<pulumi.Input<string>[]>;
    /** Whether workspace and path packages that the project needs are installed. Default: true. */
    readonly localPackages?: pulumi.Input<boolean>;
    /** Packages that may be built from source on this machine, by name. Default: none. */
    readonly allowSourceBuilds?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * What a change is: another set of `"dependencies"` for the target (default), or any change of the manifest's
     * bytes (`"md5"`).
     */
    readonly changeDetection?: pulumi.Input<"dependencies" | "md5">;
    /**
     * What stays out: distribution names, each with what only it needed, and globs of files below the layer's `python/`,
     * which have a slash or a star (`"numpy/tests/"`, `"*.pyi"`). Default: nothing.
     */
    readonly exclude?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Whether what every Python runtime of Lambda has itself stays out: boto3, botocore, jmespath, python-dateutil, s3transfer,
     * six and urllib3, all of them or none. They stay where another package of the layer needs one, unless {@link exclude}
     * names it. The runtime's versions move without notice. Default: false.
     */
    readonly excludeRuntimeProvided?: pulumi.Input<boolean>;
    /**
     * Whether byte code is added, for faster cold starts at the price of size: `/opt` is read-only, so Lambda never keeps
     * any. Needs a CPython of {@link pythonVersion} on this machine. Default: false.
     */
    readonly compileBytecode?: pulumi.Input<boolean>;
    /**
     * Whether what a `requirements.txt` leaves open, versions as well as packages that are not in it, is resolved for the
     * target whenever a version is made. Default: false, and such a list is an error, an open version in the preview already.
     */
    readonly resolveUnpinned?: pulumi.Input<boolean>;
    /**
     * Who resolves and builds what the manifest leaves open: `"uv"` (default) on this machine, or `"container"`, which is pip
     * in AWS's SAM build image of the runtime, in Docker.
     */
    readonly installer?: pulumi.Input<Installer>;
    /**
     * Private indexes, searched beside the installer's own. A package that its manifest ties to an index is looked for there
     * alone, with the credentials that are given here for its host. Kept as a secret as a whole. Default: none.
     */
    readonly indexes?: pulumi.Input<pulumi.Input<PackageIndex>[]>;
}

/**
 * A Lambda layer version with the Python dependencies of a manifest.
 *
 * A preview tells from the manifest alone which packages change; an update builds, packages, uploads and publishes,
 * once. An unchanged manifest costs nothing. Versions that are replaced are kept.
 *
 * ```ts
 * const deps = new PythonLayer("deps", {
 *     manifest: "uv.lock",
 *     bucket: artifacts.bucket,
 *     pythonVersion: "3.13",
 *     architecture: "arm64",
 * });
 * export const layers = [deps.layerVersionArn];
 * ```
 */
export class PythonLayer extends LayerResource {
    /**
     * What is installed: version by package name, with an empty version for what is built from a local source, and with what the
     * line asks for (`>=2`, `*`) where a list leaves the version open.
     */
    declare readonly dependencies: pulumi.Output<Record<string, string>>;
    /** The same where a resolution settled it: an unpinned list, or one with `exclude`. Absent where the manifest says it all. */
    declare readonly resolution: pulumi.Output<Record<string, string> | undefined>;

    constructor(name: string, args: PythonLayerArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            "PythonLayer",
            name,
            { dependencies: undefined, resolution: undefined, ...args, ...secretIndexes(args) },
            // The engine knows a secret input as one; said again, it stays one when an output is all there is.
            { ...opts, additionalSecretOutputs: [...(opts?.additionalSecretOutputs ?? []), "indexes"] },
        );
    }
}

/** Indexes are secret whether or not the program says so: with their passwords, and addresses that may hold some. */
const secretIndexes = ({ indexes }: PythonLayerArgs): { readonly indexes?: pulumi.Output<unknown> } =>
    indexes === undefined ? {} : { indexes: pulumi.secret(indexes) };
