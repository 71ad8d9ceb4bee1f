import { variable } from "./proxy";

/** What a stack says of connections. */
export interface NetworkSettings {
    readonly httpProxy: string | undefined;
    /** Default: {@link httpProxy}, unless the environment has one, as pulumi-aws has it. */
    readonly httpsProxy: string | undefined;
    readonly noProxy: string | undefined;
    /** Path of a PEM file. */
    readonly caBundle: string | undefined;
}

/** An environment in which a stack's settings have taken the place of its own: whoever gets it connects in one way. */
export function withNetworkSettings(
    environment: NodeJS.ProcessEnv,
    { httpProxy, httpsProxy, noProxy, caBundle }: NetworkSettings,
): NodeJS.ProcessEnv {
    const changed = { ...environment };
    const set = (name: string, value: string | undefined) => {
        if (value !== undefined) {
            // Not every tool reads both.
            changed[name] = value;
            changed[name.toLowerCase()] = value;
        }
    };
    const hasOwn = variable(environment, "HTTPS_PROXY") !== undefined;
    set("HTTP_PROXY", httpProxy);
    set("HTTPS_PROXY", httpsProxy ?? (hasOwn ? undefined : httpProxy));
    set("NO_PROXY", noProxy);
    if (caBundle !== undefined) {
        changed["AWS_CA_BUNDLE"] = caBundle;
    }
    return changed;
}
