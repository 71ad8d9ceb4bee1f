import { type handleUnaryCall, Server, ServerCredentials, type sendUnaryData } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

/** Properties of a resource, as plain values: no secrets, nothing unknown. */
export type Properties = Record<string, unknown>;

/** How one type of resource lives. What it leaves out does nothing. */
export interface PluginResource<Connection> {
    /** The inputs with what is filled in; the name is the one in the program. */
    readonly check?: (inputs: Properties, logicalName: string) => Properties;
    /** Gives the outputs, `id` among them. */
    readonly create: (inputs: Properties, connection: Connection) => Promise<Properties>;
    /** Gives the outputs. */
    readonly update?: (inputs: Properties, old: Properties, connection: Connection) => Promise<Properties>;
    readonly delete?: (state: Properties, connection: Connection) => Promise<void>;
}

export interface Plugin<Connection> {
    /** Called once, with the provider's settings. */
    readonly connect: (settings: Properties) => Connection;
    readonly isEqual: (left: unknown, right: unknown) => boolean;
    /** By type. */
    readonly resources: Readonly<Record<string, PluginResource<Connection>>>;
}

/** Serves a provider to the engine: prints the port, and goes on until the engine ends the process. */
export async function servePlugin<Connection>(plugin: Plugin<Connection>): Promise<void> {
    const server = new Server();
    server.addService(ResourceProviderService, handlers(plugin));
    const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
            error === null ? resolve(bound) : reject(error),
        );
    });
    console.log(String(port));
}

function handlers<Connection>({ connect, isEqual, resources }: Plugin<Connection>) {
    let connection: Connection | undefined;
    const connected = (): Connection => {
        if (connection === undefined) {
            throw new Error("The engine has not configured this provider.");
        }
        return connection;
    };
    const resourceOf = (urn: string): PluginResource<Connection> => {
        const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
        const resource = resources[type];
        if (resource === undefined) {
            throw new Error(`The stand-in for pulumi-aws has no ${type}.`);
        }
        return resource;
    };
    return {
        getPluginInfo: answer(() => new PluginInfo()),
        checkConfig: answer((request: messages.CheckRequest) => {
            const response = new messages.CheckResponse();
            response.setInputs(request.getNews());
            return response;
        }),
        diffConfig: answer(() => new messages.DiffResponse()),
        configure: answer((request: messages.ConfigureRequest) => {
            connection = connect(propertiesOf(request.getArgs()));
            return new messages.ConfigureResponse();
        }),
        check: answer((request: messages.CheckRequest) => {
            const urn = request.getUrn();
            const inputs = propertiesOf(request.getNews());
            const response = new messages.CheckResponse();
            response.setInputs(struct(resourceOf(urn).check?.(inputs, urn.split("::")[3] ?? "") ?? inputs));
            return response;
        }),
        diff: answer((request: messages.DiffRequest) => {
            const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
            const same = isEqual(propertiesOf(request.getOldInputs()), propertiesOf(request.getNews()));
            const response = new messages.DiffResponse();
            response.setChanges(same ? DIFF_NONE : DIFF_SOME);
            return response;
        }),
        create: answer(async (request: messages.CreateRequest) => {
            const resource = resourceOf(request.getUrn());
            const { id, ...outputs } = await resource.create(
                propertiesOf(request.getProperties()),
                connected(),
            );
            const response = new messages.CreateResponse();
            response.setId(String(id));
            response.setProperties(struct(outputs));
            return response;
        }),
        update: answer(async (request: messages.UpdateRequest) => {
            const news = propertiesOf(request.getNews());
            const old = propertiesOf(request.getOlds());
            const resource = resourceOf(request.getUrn());
            const response = new messages.UpdateResponse();
            response.setProperties(
                struct((await resource.update?.(news, old, connected())) ?? { ...old, ...news }),
            );
            return response;
        }),
        delete: answer(async (request: messages.DeleteRequest) => {
            await resourceOf(request.getUrn()).delete?.(propertiesOf(request.getProperties()), connected());
            return new Empty();
        }),
        cancel: answer(() => new Empty()),
    };
}

/** A gRPC handler of a function that gives the answer, or throws. */
function answer<Request, Response>(
    respond: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
    return ({ request }, callback: sendUnaryData<Response>) => {
        Promise.resolve()
            .then(() => respond(request))
            .then(
                (response) => callback(null, response),
                (error: unknown) =>
                    callback(error instanceof Error ? error : new Error(String(error)), undefined),
            );
    };
}

const propertiesOf = (from: Struct | undefined): Properties => from?.toJavaScript() ?? {};

const struct = (properties: Properties): Struct =>
    Struct.fromJavaScript(
        Object.fromEntries(
            Object.entries(properties)
                .filter(([, value]) => value !== undefined)
                .map(([name, value]) => [name, value as JavaScriptValue]),
        ),
    );
