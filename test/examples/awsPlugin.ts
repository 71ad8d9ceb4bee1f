import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
    CreateFunctionCommand,
    DeleteFunctionCommand,
    LambdaClient,
    type Runtime,
    UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import {
    type BucketLocationConstraint,
    CreateBucketCommand,
    DeleteBucketCommand,
    DeleteObjectCommand,
    ListObjectsV2Command,
    S3Client,
} from "@aws-sdk/client-s3";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { mustRun } from "../../scripts/command";
import { pythonPath } from "../tools";
import { type PluginResource, type Properties, servePlugin } from "./pluginServer";

/**
 * What of pulumi-aws the examples use, for the machines that can't download its plugin: a bucket, a role, a function, on
 * the emulator that `AWS_ENDPOINT_URL` names. The programs, `@pulumi/aws` and the engine are the real ones.
 */
interface Connection {
    readonly region: string;
    readonly s3: S3Client;
    readonly lambda: LambdaClient;
}

const connect = (settings: Properties): Connection => {
    const region = String(settings["region"] ?? process.env["AWS_REGION"]);
    const [role] = JSON.parse(String(settings["assumeRoles"] ?? "[]"));
    const common =
        role === undefined
            ? { region }
            : {
                  region,
                  credentials: fromTemporaryCredentials({
                      params: { RoleArn: role.roleArn, RoleSessionName: role.sessionName ?? "pulumi" },
                      clientConfig: { region },
                  }),
              };
    return { region, s3: new S3Client(common), lambda: new LambdaClient(common) };
};

/** pulumi-aws adds random digits; these are the same every time, so that an example's output is. */
const named = (property: string): NonNullable<PluginResource<Connection>["check"]> => {
    return (inputs, logicalName) => ({ [property]: `${logicalName}-0000000`, ...inputs });
};

const bucket: PluginResource<Connection> = {
    check: named("bucket"),
    create: async (inputs, { s3, region }) => {
        const Bucket = String(inputs["bucket"]);
        const LocationConstraint = region as BucketLocationConstraint;
        await s3.send(
            new CreateBucketCommand({
                Bucket,
                ...(region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint } }),
            }),
        );
        return { ...inputs, id: Bucket, arn: `arn:aws:s3:::${Bucket}`, region };
    },
    delete: async (state, { s3 }) => {
        const Bucket = String(state["bucket"]);
        if (state["forceDestroy"] === true) {
            const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
            for (const { Key } of Contents) {
                await s3.send(new DeleteObjectCommand({ Bucket, Key }));
            }
        }
        await s3.send(new DeleteBucketCommand({ Bucket }));
    },
};

const role: PluginResource<Connection> = {
    check: named("name"),
    create: async (inputs) => {
        const name = String(inputs["name"]);
        return { ...inputs, id: name, arn: `arn:aws:iam::000000000000:role/${name}` };
    },
};

const rolePolicyAttachment: PluginResource<Connection> = {
    create: async (inputs) => ({ ...inputs, id: `${inputs["role"]}-${inputs["policyArn"]}` }),
};

const lambdaFunction: PluginResource<Connection> = {
    check: named("name"),
    create: async (inputs, { lambda }) => {
        const { FunctionArn } = await lambda.send(
            new CreateFunctionCommand({
                FunctionName: String(inputs["name"]),
                Runtime: inputs["runtime"] as Runtime,
                Handler: String(inputs["handler"]),
                Role: String(inputs["role"]),
                Layers: inputs["layers"] as string[],
                Timeout: Number(inputs["timeout"]),
                Code: { ZipFile: await zipFolder(inputs["code"]) },
            }),
        );
        return { ...inputs, id: String(inputs["name"]), arn: FunctionArn };
    },
    update: async (inputs, old, { lambda }) => {
        const Layers = inputs["layers"] as string[];
        await lambda.send(
            new UpdateFunctionConfigurationCommand({ FunctionName: String(inputs["name"]), Layers }),
        );
        return { ...old, ...inputs };
    },
    delete: async (state, { lambda }) => {
        await lambda.send(new DeleteFunctionCommand({ FunctionName: String(state["name"]) }));
    },
};

/** The files of a `FileArchive`, which names a folder relative to the program's. */
async function zipFolder(archive: unknown): Promise<Buffer> {
    const folder = (archive as { path: string }).path;
    const temporary = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-function-"));
    try {
        const zip = join(temporary, `${basename(folder)}.zip`);
        const files = (await readdir(folder)).filter((name) => name.endsWith(".py"));
        await mustRun(pythonPath(), ["-m", "zipfile", "-c", zip, ...files.map((name) => join(folder, name))]);
        return await readFile(zip);
    } finally {
        await rm(temporary, { recursive: true, force: true });
    }
}

servePlugin({
    connect,
    isEqual: isDeepStrictEqual,
    resources: {
        "aws:s3/bucket:Bucket": bucket,
        "aws:iam/role:Role": role,
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
        "aws:lambda/function:Function": lambdaFunction,
    },
}).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
