import { stringify } from "smol-toml";
import { addressWithCredentials } from "./credentials";
import { proxiesWithPassword } from "./environment";
import type { ResolvedIndex } from "./indexes";
import type { Places } from "./places";

/**
 * uv's settings (`uv.toml`) for a call: where to look for files, with credentials, and how to get there.
 *
 * They go to uv through a pipe. As variables or arguments of uv they could be read by what uv starts, and that may be a
 * package's own code.
 *
 * @param hosts further credentials, for addresses that indexes link to
 */
export function uvSettings(
    places: Places,
    hosts: readonly ResolvedIndex[],
    environment: NodeJS.ProcessEnv,
): string {
    const proxies = proxiesWithPassword(environment);
    const index = (one: ResolvedIndex, name: string) => ({ name, url: addressWithCredentials(one) });
    return stringify({
        ...(places.noIndex ? { "no-index": true } : {}),
        ...(places.strategy === undefined ? {} : { "index-strategy": places.strategy }),
        ...(places.findLinks.length > 0
            ? { "find-links": places.findLinks.map(addressWithCredentials) }
            : {}),
        ...(places.trustedHosts.length > 0 ? { "allow-insecure-host": [...places.trustedHosts] } : {}),
        ...(proxies?.http === undefined ? {} : { "http-proxy": proxies.http }),
        ...(proxies?.https === undefined ? {} : { "https-proxy": proxies.https }),
        // Names of our own: the user's need not be ones that uv takes, and two may be the same for it.
        index: [
            ...places.indexes.map((one, position) => index(one, `layer${position}`)),
            ...(places.fallback === undefined
                ? []
                : [{ ...index(places.fallback, "layerdefault"), default: true }]),
            ...hosts.map((one, position) => ({ ...index(one, `layerhost${position}`), explicit: true })),
        ],
    });
}
