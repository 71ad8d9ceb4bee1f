import type * as pulumi from "@pulumi/pulumi";
import { type LayerArgs, LayerResource } from "./layerResource";

/** Where the archive of a {@link LayerVersion} is: an object in S3, or a zip on this machine. */
export type LayerVersionContent =
    | {
          /** The bucket of the object, in the layer's region. */
          readonly s3Bucket: pulumi.Input<string>;
          /** The key of the object. */
          readonly s3Key: pulumi.Input<string>;
          /** The version of the object, in a bucket with versioning. Default: the newest. */
          readonly s3ObjectVersion?: pulumi.Input<string>;
          /**
           * `"COPY"` (default): Lambda keeps a copy. `"REFERENCE"`: it uses the object where it is, which needs
           * {@link s3ObjectVersion} and has to stay as long as the version; this product never deletes it.
           */
          readonly s3ObjectStorageMode?: pulumi.Input<"COPY" | "REFERENCE">;
      }
    | {
          /** Path of the zip, relative to the program's directory. Above 50 MiB it goes through {@link LayerVersionArgs.bucket}. */
          readonly zipFile: pulumi.Input<string>;
      };

/** The arguments of a {@link LayerVersion}. */
export interface LayerVersionArgs extends LayerArgs {
    /** Name of the layer, or the ARN of a layer of this account and region. */
    readonly layerName: pulumi.Input<string>;
    /**
     * The archive. An object in S3 must carry the metadata line `manifest_md5` with the MD5 of {@link manifest}, so that
     * an older build is never published for a newer manifest.
     */
    readonly content: pulumi.Input<LayerVersionContent>;
    /** Path of the file that the archive was built from, any but a `record.json`; its MD5 decides whether a new version is due. */
    readonly manifest: pulumi.Input<string>;
    /**
     * The bucket that keeps manifests and records. Default: the archive's own; without one nothing is kept in S3. A resource that
     * has one keeps one: its records may move, but not go.
     */
    readonly bucket?: pulumi.Input<string>;
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
export class LayerVersion extends LayerResource {
    constructor(name: string, args: LayerVersionArgs, opts?: pulumi.CustomResourceOptions) {
        super("LayerVersion", name, { ...args }, opts);
    }
}
