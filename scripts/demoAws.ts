import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    CreateFunctionCommand,
    DeleteFunctionCommand,
    InvokeCommand,
    LambdaClient,
    paginateListLayerVersions,
    UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { repository } from "./cacheFolder";
import { mustRun } from "./command";
import type { Emulator } from "./emulator";
import type { PythonTools } from "./pythonTools";

/** The bucket that the demo's layer lives in. */
export const bucket = "layer-artifacts";

const functionName = "quickstart";

/** What a Pulumi program would make with `@pulumi/aws`, whose plugin not every machine can download: a bucket, a function. */
export interface DemoAws {
    readonly endpoint: string;
    createBucket(): Promise<void>;
    /** Puts the layer version on the function (made when it is not there), calls it, and gives its answer. */
    invokeWith(layerVersionArn: string): Promise<unknown>;
    /** Version numbers, newest first. */
    layerVersions(layerVersionArn: string): Promise<number[]>;
    deleteFunction(): Promise<void>;
}

/** The demo's AWS, through the SDK a user has anyway. */
export async function openDemoAws(emulator: Emulator, tools: PythonTools): Promise<DemoAws> {
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const client = {
        endpoint: emulator.endpoint,
        region: "eu-central-1",
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
    };
    const lambda = new LambdaClient(client);
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    let exists = false;
    return {
        endpoint: emulator.endpoint,
        createBucket: async () => {
            await s3.send(
                new CreateBucketCommand({
                    Bucket: bucket,
                    CreateBucketConfiguration: { LocationConstraint: "eu-central-1" },
                }),
            );
        },
        invokeWith: async (layerVersionArn) => {
            const layers = { FunctionName: functionName, Layers: [layerVersionArn] };
            if (exists) {
                await lambda.send(new UpdateFunctionConfigurationCommand(layers));
            } else {
                await lambda.send(
                    new CreateFunctionCommand({
                        ...layers,
                        Runtime: pythonRuntime(tools.pythonVersion),
                        Handler: "handler.handler",
                        Role: "arn:aws:iam::000000000000:role/demo",
                        Code: { ZipFile: await zipHandler(tools) },
                    }),
                );
                exists = true;
            }
            const { Payload, FunctionError } = await lambda.send(
                new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify({ price: "9.90" }) }),
            );
            const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString("utf8"));
            if (FunctionError !== undefined) {
                throw new Error(`The function failed: ${JSON.stringify(answer)}`);
            }
            return answer;
        },
        layerVersions: async (layerVersionArn) => {
            const LayerName = layerVersionArn.split(":")[6] ?? "";
            const numbers: number[] = [];
            for await (const page of paginateListLayerVersions({ client: lambda }, { LayerName })) {
                numbers.push(...(page.LayerVersions ?? []).flatMap(({ Version }) => Version ?? []));
            }
            return numbers;
        },
        deleteFunction: async () => {
            await lambda.send(new DeleteFunctionCommand({ FunctionName: functionName }));
        },
    };
}

type Runtime = ConstructorParameters<typeof CreateFunctionCommand>[0]["Runtime"];

// The SDK's list of runtimes ends with the one it was made for.
const pythonRuntime = (version: string): Runtime => `python${version}` as Runtime;

async function zipHandler(tools: PythonTools): Promise<Buffer> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-demo-"));
    try {
        const zip = join(folder, "function.zip");
        const handler = join(repository, "examples", "quickstart", "handler.py");
        await mustRun(tools.python, ["-m", "zipfile", "-c", zip, handler]);
        return await readFile(zip);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}
