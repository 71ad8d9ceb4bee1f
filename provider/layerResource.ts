import * as pulumi from "@pulumi/pulumi";
import { internalsKey } from "./layer/internals";
import { layerArnOf, versionOf } from "./layerVersionArn";
import { requireOwnProvider } from "./resourceOptions";
import { ownerOf } from "./resourceOwner";
import { shim } from "./shim";
import type { Architecture } from "./target";

/** The arguments that both resources have. */
export interface LayerArgs {
    /** Where in the bucket. Default: `lambda/<layerName>/`. */
    readonly prefix?: pulumi.Input<string>;
    /**
     * The account that the buckets may belong to beside the layer's own: twelve digits. A bucket of any other account is refused, since a
     * name can be taken by somebody else. Default: the layer's own account.
     */
    readonly bucketOwner?: pulumi.Input<string>;
    /**
     * What every object is written with as `x-amz-server-side-encryption`, where the bucket's policy asks for it: `"AES256"`, `"aws:kms"` or
     * `"aws:kms:dsse"`. Default: `"aws:kms"` with a {@link kmsKeyId}, else nothing, so that the bucket's own setting counts.
     */
    readonly serverSideEncryption?: pulumi.Input<string>;
    /**
     * The KMS key of every object, where the bucket's policy asks for one: its ARN, its id or an alias, as the policy has it. Default: the
     * bucket's own setting.
     */
    readonly kmsKeyId?: pulumi.Input<string>;
    /** Description of the version, at most 256 characters. Default: none. */
    readonly description?: pulumi.Input<string>;
    /** SPDX identifier, URL or text of the licence, at most 512 characters. Default: none. */
    readonly licenseInfo?: pulumi.Input<string>;
    /**
     * Lambda runtimes to list the version under, at most 15. Default: a `PythonLayer`'s own one; none for a
     * `LayerVersion`.
     */
    readonly compatibleRuntimes?: pulumi.Input<pulumi.Input<string>[]>;
    /** Architectures to list the version under. Default: a `PythonLayer`'s own one; none for a `LayerVersion`. */
    readonly compatibleArchitectures?: pulumi.Input<pulumi.Input<Architecture>[]>;
    /** How many of this resource's superseded versions survive: a number, or `"all"` (default). */
    readonly keepVersions?: pulumi.Input<number | "all">;
    /** Whether a destroy also deletes this resource's kept versions, unless others use them. Default: false. */
    readonly forceDestroy?: pulumi.Input<boolean>;
    /**
     * Who may use the layer, beside this account: account numbers, organisations (`o-…`) or `"*"`. Holds for the current
     * and every kept version of this resource. Default: nobody.
     */
    readonly permissions?: pulumi.Input<pulumi.Input<string>[]>;
    /** Any values; a change of one forces a new version. Default: none. */
    readonly triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
    /** Region of the layer. Default: the stack's `aws:region`, then the environment's, then the profile's. */
    readonly region?: pulumi.Input<string>;
}

/** Outputs that neither an argument nor the id has: a resource gets a property for each of them, and for each argument. */
const outputs = {
    codeSha256: undefined,
    codeSize: undefined,
    uncompressedSize: undefined,
    createdDate: undefined,
    signingJobArn: undefined,
    signingProfileVersionArn: undefined,
    manifestMd5: undefined,
    manifestUri: undefined,
    recordUri: undefined,
    artifactUri: undefined,
};

/** Arguments that are outputs too, whether a program gives them or not. */
const echoed = {
    layerName: undefined,
    description: undefined,
    licenseInfo: undefined,
    compatibleRuntimes: undefined,
    compatibleArchitectures: undefined,
    region: undefined,
};

/** What both resources are: a published layer version, with the outputs that Lambda and the bucket give. */
export abstract class LayerResource extends pulumi.dynamic.Resource {
    /** ARN of the published version: the resource's id. */
    declare readonly layerVersionArn: pulumi.Output<string>;
    /** The same as {@link layerVersionArn}. */
    declare readonly arn: pulumi.Output<string>;
    /** ARN of the layer, without a version. */
    declare readonly layerArn: pulumi.Output<string>;
    /** Name of the layer. */
    declare readonly layerName: pulumi.Output<string>;
    /** Number of the version: the last part of {@link layerVersionArn}. */
    declare readonly version: pulumi.Output<number>;
    /** SHA-256 of the zip, base64, as Lambda gives it. */
    declare readonly codeSha256: pulumi.Output<string>;
    /** Bytes of the zip. */
    declare readonly codeSize: pulumi.Output<number>;
    /** Bytes once unpacked, as Lambda counts them against its limit; absent where nobody here packed the zip. */
    declare readonly uncompressedSize: pulumi.Output<number | undefined>;
    /** When Lambda published the version, ISO 8601. */
    declare readonly createdDate: pulumi.Output<string>;
    /** ARN of the signing job; absent where the zip is not signed. */
    declare readonly signingJobArn: pulumi.Output<string | undefined>;
    /** ARN of the signing profile's version; absent where the zip is not signed. */
    declare readonly signingProfileVersionArn: pulumi.Output<string | undefined>;
    /** Description of the version; absent where there is none. */
    declare readonly description: pulumi.Output<string | undefined>;
    /** Licence of the version; absent where there is none. */
    declare readonly licenseInfo: pulumi.Output<string | undefined>;
    /** Runtimes that the version is listed under. */
    declare readonly compatibleRuntimes: pulumi.Output<string[] | undefined>;
    /** Architectures that the version is listed under. */
    declare readonly compatibleArchitectures: pulumi.Output<Architecture[] | undefined>;
    /** MD5 of the manifest's bytes, hex. */
    declare readonly manifestMd5: pulumi.Output<string>;
    /** S3 URI of the manifest that is kept with the version; absent without a bucket. */
    declare readonly manifestUri: pulumi.Output<string | undefined>;
    /** S3 URI of the record that is kept with the version; absent without a bucket. */
    declare readonly recordUri: pulumi.Output<string | undefined>;
    /** S3 URI of the zip; absent for a local zip that travelled inside the request. */
    declare readonly artifactUri: pulumi.Output<string | undefined>;
    /** Region of the layer. */
    declare readonly region: pulumi.Output<string>;

    protected constructor(
        type: "PythonLayer" | "LayerVersion",
        name: string,
        args: pulumi.Inputs,
        opts: pulumi.CustomResourceOptions | undefined,
    ) {
        const options = requireOwnProvider(name, args["region"], opts);
        const owner = ownerOf(name, `pulumi-nodejs:dynamic/lambda:${type}`, options);
        const props = { ...outputs, ...echoed, ...args, [internalsKey]: { owner } };
        super(shim, name, props, options, "lambda", type);
        // They are the id itself: an update in place must not look like another version to a function.
        this.layerVersionArn = this.id;
        this.arn = this.id;
        this.layerArn = this.id.apply(layerArnOf);
        this.version = this.id.apply(versionOf);
    }
}
