import * as tls from "node:tls";
import { LayerError } from "../errors";
import { bundlesOf, readAuthorities } from "./authorities";
import { parseProxy, readExemptions, variable } from "./proxy";

/**
 * How connections are made, to AWS and to everybody else: through which proxy, and whom they trust. It is read from an
 * environment as curl, pip and uv read it: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` in either case, and `AWS_CA_BUNDLE`
 * and `SSL_CERT_FILE` beside what Node trusts by itself (`NODE_EXTRA_CA_CERTS` included).
 */
export interface Connections {
    /**
     * The proxy that a request to an address goes through; `undefined` for none.
     *
     * @throws SETTING_INVALID for a variable that names no HTTP proxy
     */
    readonly proxyFor: (address: URL) => URL | undefined;
    /**
     * Whom connections trust; `undefined` where that is what Node trusts by itself.
     *
     * @throws SETTING_INVALID for a file that cannot be read or holds no certificate
     */
    readonly trust: () => Promise<tls.SecureContext | undefined>;
    /** Whether there is neither a proxy nor a file of authorities. */
    readonly areDirect: boolean;
}

export function readConnections(environment: NodeJS.ProcessEnv): Connections {
    const all = variable(environment, "ALL_PROXY");
    const proxies = {
        "http:": variable(environment, "HTTP_PROXY") ?? all,
        "https:": variable(environment, "HTTPS_PROXY") ?? all,
    };
    const isExempt = readExemptions(variable(environment, "NO_PROXY")?.value ?? "");
    const hasBundle = bundlesOf(environment).length > 0;
    let trust: Promise<tls.SecureContext> | undefined;
    return {
        areDirect: !hasBundle && proxies["http:"] === undefined && proxies["https:"] === undefined,
        proxyFor: (address) => {
            const given = address.protocol === "https:" ? proxies["https:"] : proxies["http:"];
            if (given === undefined || isExempt(address)) {
                return undefined;
            }
            const proxy = parseProxy(given.value);
            if (proxy === undefined) {
                throw new LayerError("SETTING_INVALID", {
                    what: `${given.name} names no proxy that can be used: its address must start with http:// or https://.`,
                    next: `Correct ${given.name}, or name the hosts that are reached without it in NO_PROXY.`,
                });
            }
            return proxy;
        },
        trust: async () => {
            if (!hasBundle) {
                return undefined;
            }
            // Once: to parse a hundred authorities for each connection would take longer than to make it.
            trust ??= readAuthorities(environment).then((ca) => tls.createSecureContext({ ca: [...ca] }));
            return trust;
        },
    };
}
