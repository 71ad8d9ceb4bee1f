/** Codes of a connection that broke or brought no HTTP: Node's sockets, TLS and HTTP parser, and undici's. */
const broken =
    /^(?:E(?:CONN\w+|PIPE|PROTO|TIMEDOUT|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|NETRESET|AI_AGAIN|NOTFOUND|ADDRNOTAVAIL)|HPE_\w+|ERR_SSL_\w+|ERR_STREAM_PREMATURE_CLOSE|ERR_HTTP2_\w+|UND_ERR_(?!INVALID|ABORTED|NOT_SUPPORTED)\w+)$/;

/** Whether a connection could not be made, broke, or brought what is no HTTP. A certificate that is not trusted is none of these. */
export function isBrokenConnection(error: unknown): boolean {
    for (let at = error, depth = 0; depth < 10 && typeof at === "object" && at !== null; depth++) {
        const code: unknown = Reflect.get(at, "code");
        if (typeof code === "string" && broken.test(code)) return true;
        if (Reflect.get(at, "name") === "AbortError") return false;
        at = Reflect.get(at, "cause");
    }
    return false;
}
