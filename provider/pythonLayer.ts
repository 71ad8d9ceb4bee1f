import * as pulumi from "@pulumi/pulumi";
import { ownerOf } from "./resourceOwner";
import { shim } from "./shim";
import type { Architecture } from "./target";

/** The arguments of a {@link PythonLayer}. */
export interface PythonLayerArgs {
    /**
     * Path of the manifest, relative to the program's directory: a `uv.lock`, a `poetry.lock`, or a fully pinned
     * `requirements.txt`. The kind is told from the file's name; {@link manifestKind} overrides it.
     */
    readonly manifest: pulumi.Input<string>;
    /** The kind of manifest, where its name does not say. */
    readonly manifestKind?: pulumi.Input<"requirements.txt" | "poetry.lock" | "uv.lock">;
    /** The S3 bucket that keeps artifacts, manifests and records. It must be in the layer's region. */
    readonly bucket: pulumi.Input<string>;
    /** Where in the bucket. Default: `lambda/<layerName>/`. */
    readonly prefix?: pulumi.Input<string>;
    /**
     * Name of the layer, or the ARN of a layer of this account and region. Default: `<project>-<stack>-<resource>`,
     * which is kept once chosen.
     */
    readonly layerName?: pulumi.Input<string>;
    /** The Python that runs the layer: `"3.13"`, an `aws.lambda.Runtime` such as `"python3.13"`, or a full version. */
    readonly pythonVersion: pulumi.Input<string>;
    /** The instruction set of the functions that use the layer. Default: `"x86_64"`. */
    readonly architecture?: pulumi.Input<Architecture>;
    /** The workspace member whose dependencies are installed. Default: the root project. */
    readonly package?: pulumi.Input<string>;
    /** Extras of the project that are installed. Default: none. */
    readonly extras?: pulumi.Input<pulumi.Input<string>[]>;
    /** Dependency groups that are installed beside the main one. Default: none. */
    readonly groups?: pulumi.Input<pulumi.Input<string>[]>;
    /** Whether workspace and path packages that the project needs are installed. Default: true. */
    readonly localPackages?: pulumi.Input<boolean>;
    /** Packages that may be built from source on this machine, by name. Default: none. */
    readonly allowSourceBuilds?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * What a change is: another set of `"dependencies"` for the target (default), or any change of the manifest's
     * bytes (`"md5"`).
     */
    readonly changeDetection?: pulumi.Input<"dependencies" | "md5">;
    /** Description of the version, at most 256 characters. */
    readonly description?: pulumi.Input<string>;
    /** SPDX identifier, URL or text of the licence, at most 512 characters. */
    readonly licenseInfo?: pulumi.Input<string>;
    /** Lambda runtimes to list the version under. Default: the one of {@link pythonVersion}. */
    readonly compatibleRuntimes?: pulumi.Input<pulumi.Input<string>[]>;
    /** Architectures to list the version under. Default: {@link architecture}. */
    readonly compatibleArchitectures?: pulumi.Input<pulumi.Input<Architecture>[]>;
    /** How many of this resource's superseded versions survive: a number, or `"all"` (default). */
    readonly keepVersions?: pulumi.Input<number | "all">;
    /** Whether a destroy also deletes the kept versions and this resource's objects in the bucket. Default: false. */
    readonly forceDestroy?: pulumi.Input<boolean>;
    /**
     * Who may use the layer, beside this account: account numbers, organisations (`o-…`) or `"*"`. Holds for the current
     * and every kept version of this resource.
     */
    readonly permissions?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * ARN of an existing version to start from, whoever published it. It is taken over only on proof that it holds the
     * same; see the README.
     */
    readonly adopt?: pulumi.Input<string>;
    /** Whether a version of ours that is the same is taken instead of publishing it again. Default: true. */
    readonly reuse?: pulumi.Input<boolean>;
    /** Any values; a change of one forces a new version. */
    readonly triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
    /** Region of the layer. Default: the stack's `aws:region`, then the environment's. */
    readonly region?: pulumi.Input<string>;
    /** Minutes that building and publishing may take. Default: 30. */
    readonly timeoutMinutes?: pulumi.Input<number>;
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
 * new aws.lambda.Function("api", { layers: [deps.layerVersionArn], ... });
 * ```
 */
export class PythonLayer extends pulumi.dynamic.Resource {
    /** ARN of the published version: the resource's id. */
    declare readonly layerVersionArn: pulumi.Output<string>;
    /** The same as {@link layerVersionArn}. */
    declare readonly arn: pulumi.Output<string>;
    /** ARN of the layer, without a version. */
    declare readonly layerArn: pulumi.Output<string>;
    declare readonly layerName: pulumi.Output<string>;
    declare readonly version: pulumi.Output<number>;
    /** SHA-256 of the zip, base64, as Lambda gives it. */
    declare readonly codeSha256: pulumi.Output<string>;
    /** Bytes of the zip. */
    declare readonly codeSize: pulumi.Output<number>;
    /** Bytes once unpacked, as Lambda counts them against its limit. */
    declare readonly uncompressedSize: pulumi.Output<number>;
    /** When Lambda published the version, ISO 8601. */
    declare readonly createdDate: pulumi.Output<string>;
    declare readonly signingJobArn: pulumi.Output<string | undefined>;
    declare readonly signingProfileVersionArn: pulumi.Output<string | undefined>;
    declare readonly description: pulumi.Output<string | undefined>;
    declare readonly licenseInfo: pulumi.Output<string | undefined>;
    declare readonly compatibleRuntimes: pulumi.Output<string[]>;
    declare readonly compatibleArchitectures: pulumi.Output<Architecture[]>;
    /** MD5 of the manifest's bytes, hex. */
    declare readonly manifestMd5: pulumi.Output<string>;
    /** What is installed: name → version. */
    declare readonly dependencies: pulumi.Output<Record<string, string>>;
    /** S3 URI of the manifest that is kept with the version. */
    declare readonly manifestUri: pulumi.Output<string>;
    /** S3 URI of the record that is kept with the version. */
    declare readonly recordUri: pulumi.Output<string>;
    /** S3 URI of the zip; absent where it travelled inside the request. */
    declare readonly artifactUri: pulumi.Output<string | undefined>;
    /** Whether this product published the version, or took it over from another tool. */
    declare readonly origin: pulumi.Output<"published" | "adopted">;
    declare readonly region: pulumi.Output<string>;

    constructor(name: string, args: PythonLayerArgs, opts?: pulumi.CustomResourceOptions) {
        const owner = ownerOf(name, "pulumi-nodejs:dynamic/lambda:PythonLayer", opts);
        const outputs = {
            layerName: undefined,
            layerArn: undefined,
            version: undefined,
            codeSha256: undefined,
            codeSize: undefined,
            uncompressedSize: undefined,
            createdDate: undefined,
            signingJobArn: undefined,
            signingProfileVersionArn: undefined,
            description: undefined,
            licenseInfo: undefined,
            compatibleRuntimes: undefined,
            compatibleArchitectures: undefined,
            manifestMd5: undefined,
            dependencies: undefined,
            manifestUri: undefined,
            recordUri: undefined,
            artifactUri: undefined,
            origin: undefined,
            region: undefined,
        };
        super(
            shim,
            name,
            { ...outputs, ...args, resourceType: "PythonLayer", owner },
            opts,
            "lambda",
            "PythonLayer",
        );
        // They are the id itself: an update in place must not look like another version to a function.
        this.layerVersionArn = this.id;
        this.arn = this.id;
    }
}
