import { BlockList, isIP } from "node:net";

/** The address of an HTTP proxy; `http://` may be left out, as for curl. `undefined` for what is none. */
export function parseProxy(text: string): URL | undefined {
    const address = text.includes("://") ? text : `http://${text}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
    return isHttp && url.hostname !== "" && (text.includes("://") || /[.:]/.test(text)) ? url : undefined;
}

/** The value of a variable with the name that has it: the lower case counts first, as for curl. */
export function variable(
    environment: NodeJS.ProcessEnv,
    name: string,
): { readonly name: string; readonly value: string } | undefined {
    const found = [name.toLowerCase(), name].find((each) => environment[each]?.trim());
    return found === undefined ? undefined : { name: found, value: environment[found]?.trim() ?? "" };
}

/**
 * Whether an address is reached without a proxy, as `NO_PROXY` says: `*`, hosts with everything below them, addresses and
 * networks (`10.0.0.0/8`), each with or without a port.
 */
export function readExemptions(text: string): (address: URL) => boolean {
    const entries = text.split(/[\s,]+/).filter((entry) => entry !== "");
    const networks = new BlockList();
    const hosts: { readonly host: string; readonly port: string | undefined }[] = [];
    for (const entry of entries) {
        const [, network = "", bits = ""] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
        const version = isIP(network);
        if (version !== 0 && Number(bits) <= (version === 4 ? 32 : 128)) {
            networks.addSubnet(network, Number(bits), version === 4 ? "ipv4" : "ipv6");
            continue;
        }
        const bare = isIP(entry) === 6 ? `[${entry}]` : entry;
        const [, host = bare, port] = /^(.*[^:]):(\d+)$/.exec(bare) ?? [];
        hosts.push({ host: host.replace(/^\*?\.(?=.)/, "").toLowerCase(), port });
    }
    return ({ hostname, port, protocol }) => {
        const host = hostname.toLowerCase();
        const used = port || (protocol === "https:" ? "443" : "80");
        const ip = host.replace(/^\[|\]$/g, "");
        const version = isIP(ip);
        return (
            hosts.some(
                (each) =>
                    (each.port === undefined || each.port === used) &&
                    (each.host === "*" || host === each.host || host.endsWith(`.${each.host}`)),
            ) ||
            (version !== 0 && networks.check(ip, version === 4 ? "ipv4" : "ipv6"))
        );
    };
}
