import * as pulumi from "@pulumi/pulumi";
import { ownerOf } from "./resourceOwner";
import { shim } from "./shim";
import type { Architecture } from "./target";

/** Where the archive of a {@link LayerVersion} is: an object in S3, or a zip on this machine. */
export type LayerVersionContent =
    | {
          readonly s3Bucket: pulumi.Input<string>;
          readonly s3Key: pulumi.Input<string>;
          /** The version of the object, in a bucket with versioning. Default: the newest. */
          readonly s3ObjectVersion?: pulumi.Input<string>;
      }
    | {
          /** Path of the zip, relative to the program's directory. Above 50 MiB it goes through {@link LayerVersionArgs.bucket}. */
          readonly zipFile: pulumi.Input<string>;
      };

/** The arguments of a {@link LayerVersion}. */
export interface LayerVersionArgs {
    /** Name of the layer, or the ARN of a layer of this account and region. */
    readonly layerName: pulumi.Input<string>;
    /**
     * The archive. An object in S3 must carry the metadata line `manifest_md5` with the MD5 of {@link manifest}, so that
     * an older build is never published for a newer manifest.
     */
    readonly content: pulumi.Input<LayerVersionContent>;
    /** Path of the file that the archive was built from; its MD5 decides whether a new version is due. */
    readonly manifest: pulumi.Input<string>;
    /** The bucket that keeps manifests and records. Default: the archive's own; without one nothing is kept in S3. */
    readonly bucket?: pulumi.Input<string>;
    /** Where in the bucket. Default: `lambda/<layerName>/`. */
    readonly prefix?: pulumi.Input<string>;
    /** Description of the version, at most 256 characters. */
    readonly description?: pulumi.Input<string>;
    /** SPDX identifier, URL or text of the licence, at most 512 characters. */
    readonly licenseInfo?: pulumi.Input<string>;
    /** Lambda runtimes to list the version under, at most 15. Default: none. */
    readonly compatibleRuntimes?: pulumi.Input<pulumi.Input<string>[]>;
    /** Architectures to list the version under. Default: none. */
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
    /** Minutes that publishing may take. Default: 30. */
    readonly timeoutMinutes?: pulumi.Input<number>;
}

/**
 * A Lambda layer version from an archive that exists, published when the manifest it was built from changes.
 *
 * ```ts
 * new LayerVersion("deps", {
 *     layerName: "deps",
 *     content: { s3Bucket: artifacts.bucket, s3Key: "layer.zip" },
 *     manifest: "requirements.txt",
 * });
 * ```
 */
export class LayerVersion extends pulumi.dynamic.Resource {
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
    /** When Lambda published the version, ISO 8601. */
    declare readonly createdDate: pulumi.Output<string>;
    declare readonly signingJobArn: pulumi.Output<string | undefined>;
    declare readonly signingProfileVersionArn: pulumi.Output<string | undefined>;
    declare readonly description: pulumi.Output<string | undefined>;
    declare readonly licenseInfo: pulumi.Output<string | undefined>;
    declare readonly compatibleRuntimes: pulumi.Output<string[] | undefined>;
    declare readonly compatibleArchitectures: pulumi.Output<Architecture[] | undefined>;
    /** MD5 of the manifest's bytes, hex. */
    declare readonly manifestMd5: pulumi.Output<string>;
    /** S3 URIs of what is kept with the version; absent without a bucket. */
    declare readonly manifestUri: pulumi.Output<string | undefined>;
    declare readonly recordUri: pulumi.Output<string | undefined>;
    declare readonly artifactUri: pulumi.Output<string | undefined>;
    /** Whether this product published the version, or took it over from another tool. */
    declare readonly origin: pulumi.Output<"published" | "adopted">;
    declare readonly region: pulumi.Output<string>;

    constructor(name: string, args: LayerVersionArgs, opts?: pulumi.CustomResourceOptions) {
        const owner = ownerOf(name, "pulumi-nodejs:dynamic/lambda:LayerVersion", opts);
        const outputs = {
            layerArn: undefined,
            version: undefined,
            codeSha256: undefined,
            codeSize: undefined,
            createdDate: undefined,
            signingJobArn: undefined,
            signingProfileVersionArn: undefined,
            description: undefined,
            licenseInfo: undefined,
            compatibleRuntimes: undefined,
            compatibleArchitectures: undefined,
            manifestMd5: undefined,
            manifestUri: undefined,
            recordUri: undefined,
            artifactUri: undefined,
            origin: undefined,
            region: undefined,
        };
        super(
            shim,
            name,
            { ...outputs, ...args, resourceType: "LayerVersion", owner },
            opts,
            "lambda",
            "LayerVersion",
        );
        // They are the id itself: an update in place must not look like another version to a function.
        this.layerVersionArn = this.id;
        this.arn = this.id;
    }
}
