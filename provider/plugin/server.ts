import os from "node:os";
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
    GetMappingResponse,
    GetSchemaResponse,
    type ProviderHandshakeRequest,
    ProviderHandshakeResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { createAwsSession } from "../aws/session";
import { type EngineLog, openEngineLog, severity } from "../dynamic/engineLog";
import type { ProviderProcess } from "../dynamic/provider";
import { runLater } from "../dynamic/runLater";
import { createLayers } from "../layer/layers";
import { createRunMemory } from "../layer/memory";
import type { Props } from "../props";
import { failureOf } from "./failure";
import { createOperations } from "./operations";
import { checkConfig, configure, diffConfig } from "./provider";
import { createResources } from "./resources";
import { settingOf } from "./settings";

/** What is known of the plugin before it runs. */
export interface PluginDescription {
    readonly version: string;
    /** The schema, as JSON. */
    readonly schema: () => string;
}

/**
 * Starts a Pulumi provider plugin on a free port of this machine, and answers the port, which the engine reads off the first
 * line of the output.
 *
 * Pulumi's own server for providers in Node hands on no settings, no detailed diff and no import, so this one is made from the
 * SDK's gRPC services.
 */
export async function startServer(process: ProviderProcess, plugin: PluginDescription): Promise<number> {
    let engine: EngineLog | undefined;
    const connect = (address: string): void => {
        if (address !== "") {
            engine = openEngineLog(address, { grpc, EngineClient, LogRequest });
        }
    };
    connect(process.argv.slice(2).find((each) => !each.startsWith("-")) ?? "");

    const memory = createRunMemory();
    const layersFor = (settings: Props) =>
        createLayers({
            folder: process.cwd(),
            environment: process.env,
            temporaryFolder: os.tmpdir(),
            aws: createAwsSession(settingOf(settings), process.env, {}, (text) =>
                engine?.send({ urn: "", text, severity: severity.warning, ephemeral: false }),
            ),
            run: runLater,
            memory,
        });
    let layers = layersFor({});
    const operations = createOperations(() => engine, process.env);
    const resources = createResources(() => layers, operations);

    const server = new grpc.Server({ "grpc.max_receive_message_length": longestMessage });
    server.addService(ResourceProviderService, {
        handshake: unary(async (request: ProviderHandshakeRequest) => {
            connect(request.getEngineAddress());
            const response = new ProviderHandshakeResponse();
            response.setAcceptSecrets(true);
            response.setAcceptResources(true);
            response.setAcceptOutputs(true);
            response.setSupportsAutonamingConfiguration(true);
            return response;
        }),
        attach: unary(async (request: PluginAttach) => {
            connect(request.getAddress());
            return new Empty();
        }),
        getPluginInfo: unary(async () => {
            const info = new PluginInfo();
            info.setVersion(plugin.version);
            return info;
        }),
        getSchema: unary(async () => {
            const response = new GetSchemaResponse();
            response.setSchema(plugin.schema());
            return response;
        }),
        getMapping: unary(async () => new GetMappingResponse()),
        checkConfig: unary(checkConfig),
        diffConfig: unary(diffConfig),
        configure: unary((request: Parameters<typeof configure>[0]) =>
            configure(request, (settings) => {
                layers = layersFor(settings);
            }),
        ),
        check: unary(resources.check),
        diff: unary(resources.diff),
        create: unary(resources.create),
        read: unary(resources.read),
        update: unary(resources.update),
        delete: unary(resources.delete),
        cancel: unary(async () => {
            operations.cancel();
            return new Empty();
        }),
    });
    return new Promise((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
            error === null ? resolve(port) : reject(error),
        );
    });
}

/** Bytes of the longest message: as long as Pulumi's own servers take. */
const longestMessage = 400 * 1024 * 1024;

function unary<Request, Response>(
    work: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        work(call.request).then(
            (response) => callback(null, response),
            (error: unknown) => callback(failureOf(error)),
        );
    };
}
