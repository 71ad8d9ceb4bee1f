import {
    DeleteLayerVersionCommand,
    LambdaClient,
    ListLayersCommand,
    ListLayerVersionsCommand,
} from "@aws-sdk/client-lambda";
import {
    CreateBucketCommand,
    DeleteObjectCommand,
    GetObjectCommand,
    ListObjectsV2Command,
    PutObjectCommand,
    S3Client,
} from "@aws-sdk/client-s3";
import type { Emulator } from "../../scripts/emulator";
import { emulators } from "../emulators";

/** The region of every test's layers and buckets. */
export const region = "eu-central-1";

/** The bucket that {@link onBothEmulators} makes. */
export const bucketName = "layer-artifacts";

/** An emulator with a bucket, seen with clients that are not the product's. */
export interface EmulatedAws {
    readonly emulator: Emulator;
    /** Numbers of a layer's versions, ascending; empty for a layer that does not exist. */
    versions(layerName: string): Promise<number[]>;
    /** Names of all layers that have a version. */
    layerNames(): Promise<string[]>;
    deleteVersion(layerName: string, version: number): Promise<void>;
    /** Keys below a prefix, sorted. */
    objectKeys(prefix?: string, bucket?: string): Promise<string[]>;
    readObject(key: string, bucket?: string): Promise<Buffer>;
    deleteObject(key: string): Promise<void>;
    putObject(key: string, body: Buffer, metadata?: Record<string, string>): Promise<void>;
}

/**
 * Declares the same tests for each emulator, which is started before them and stopped after them; those for the second one belong to
 * `npm run test:extended`. `declare` gets a function that may be called inside tests and hooks only.
 */
export function onBothEmulators(title: string, declare: (aws: () => EmulatedAws) => void): void {
    for (const { name, label, start } of emulators) {
        describe(`${title} (${label})`, function () {
            this.timeout(300_000);
            let started: EmulatedAws | undefined;
            before(async () => {
                started = await openEmulatedAws(await start());
            });
            after(() => started?.emulator.stop());
            declare(() => {
                if (started === undefined) {
                    throw new Error(`${name} has not been started: ask for it inside a test or hook.`);
                }
                return started;
            });
        });
    }
}

/** An emulator as tests see it, with the bucket made. */
export async function openEmulatedAws(emulator: Emulator): Promise<EmulatedAws> {
    const common = {
        endpoint: emulator.endpoint,
        region,
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
    };
    const s3 = new S3Client({ ...common, forcePathStyle: true });
    const lambda = new LambdaClient(common);
    await s3.send(
        new CreateBucketCommand({
            Bucket: bucketName,
            CreateBucketConfiguration: { LocationConstraint: region },
        }),
    );
    return {
        emulator,
        versions: async (layerName) => {
            const { LayerVersions = [] } = await lambda.send(
                new ListLayerVersionsCommand({ LayerName: layerName }),
            );
            return LayerVersions.flatMap(({ Version }) => (Version === undefined ? [] : [Version])).sort(
                (left, right) => left - right,
            );
        },
        layerNames: async () => {
            const { Layers = [] } = await lambda.send(new ListLayersCommand({}));
            return Layers.flatMap(({ LayerName, LatestMatchingVersion }) =>
                LayerName === undefined || LatestMatchingVersion === undefined ? [] : [LayerName],
            ).sort();
        },
        deleteVersion: async (layerName, version) => {
            await lambda.send(
                new DeleteLayerVersionCommand({ LayerName: layerName, VersionNumber: version }),
            );
        },
        objectKeys: async (prefix = "", bucket = bucketName) => {
            const { Contents = [] } = await s3.send(
                new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
            );
            return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key])).sort();
        },
        readObject: async (key, bucket = bucketName) => {
            const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
            return Buffer.from((await Body?.transformToByteArray()) ?? []);
        },
        deleteObject: async (key) => {
            await s3.send(new DeleteObjectCommand({ Bucket: bucketName, Key: key }));
        },
        putObject: async (key, body, metadata = {}) => {
            await s3.send(
                new PutObjectCommand({ Bucket: bucketName, Key: key, Body: body, Metadata: metadata }),
            );
        },
    };
}
