import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";

/** How much a message matters, as the engine's `LogSeverity` numbers it. */
export const severity = { info: 1, warning: 2 } as const;

/** A message about one resource. */
export interface EngineMessage {
    /** Of the resource that the message stands under. */
    readonly urn: string;
    readonly text: string;
    readonly severity: (typeof severity)[keyof typeof severity];
    /** Shown beside the resource while it is worked on, and nowhere once that is done. */
    readonly ephemeral: boolean;
}

/** The engine's log. Sending never fails: what is lost is a line of text. */
export interface EngineLog {
    send(message: EngineMessage): void;
    /** Resolves when the engine has all messages, after a second at the latest. */
    delivered(): Promise<void>;
}

/** Milliseconds that an answer to the engine waits for the messages before it. */
const deliveryTime = 1000;

/**
 * The log of the engine that started the process with these arguments; `undefined` where no engine did, or it can't be reached.
 *
 * `pulumi.log` in a provider's process knows no engine and prints under the stack. The engine's address is the process's
 * one argument (Pulumi's `cmd/dynamic-provider`), and its `Log` call is the one that every other provider uses.
 */
export function connectEngineLog(argv: readonly string[]): EngineLog | undefined {
    const address = engineAddress(argv);
    if (address === undefined) {
        return undefined;
    }
    try {
        // All of it is loaded here already: Pulumi serves this process's hooks with it.
        const requireFromPulumi = createRequire(require.resolve("@pulumi/pulumi"));
        const grpc: typeof import("@grpc/grpc-js") = requireFromPulumi("@grpc/grpc-js");
        const { EngineClient }: typeof import("@pulumi/pulumi/proto/engine_grpc_pb") =
            requireFromPulumi("./proto/engine_grpc_pb");
        const { LogRequest }: typeof import("@pulumi/pulumi/proto/engine_pb") =
            requireFromPulumi("./proto/engine_pb");
        return openEngineLog(address, { grpc, EngineClient, LogRequest });
    } catch {
        return undefined;
    }
}

/** The parts of gRPC and of Pulumi's SDK that a log is made of. */
export interface EngineModules {
    readonly grpc: Pick<typeof import("@grpc/grpc-js"), "credentials">;
    readonly EngineClient: typeof import("@pulumi/pulumi/proto/engine_grpc_pb").EngineClient;
    readonly LogRequest: typeof import("@pulumi/pulumi/proto/engine_pb").LogRequest;
}

/** The log of the engine at an address: `127.0.0.1:41234`. */
export function openEngineLog(address: string, { grpc, EngineClient, LogRequest }: EngineModules): EngineLog {
    const client = new EngineClient(address, grpc.credentials.createInsecure());
    const onTheirWay = new Set<Promise<void>>();
    return {
        send: ({ urn, text, severity, ephemeral }) => {
            const request = new LogRequest();
            request.setUrn(urn);
            request.setMessage(text);
            request.setSeverity(severity);
            request.setEphemeral(ephemeral);
            const delivery = new Promise<void>((resolve) => {
                client.log(request, () => resolve());
            });
            onTheirWay.add(delivery);
            void delivery.then(() => onTheirWay.delete(delivery));
        },
        delivered: async () => {
            if (onTheirWay.size > 0) {
                await Promise.race([Promise.all(onTheirWay), wait(deliveryTime, undefined, { ref: false })]);
            }
        },
    };
}

/** The engine's address in the arguments of a dynamic provider's process: `127.0.0.1:41234`. */
export function engineAddress(argv: readonly string[]): string | undefined {
    const [, script = "", address = ""] = argv;
    return /\bdynamic-provider\b/.test(script) && /^(\[[\da-f:]+\]|[\w.-]+):\d+$/i.test(address)
        ? address
        : undefined;
}
