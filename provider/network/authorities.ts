import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import * as tls from "node:tls";
import { readRegularFile } from "../disk";
import { LayerError } from "../errors";

/**
 * Certificate authorities that an environment names beside those that Node trusts by itself, in PEM; none, where it names none.
 *
 * @throws SETTING_INVALID for a file that cannot be read or holds no certificate
 */
export async function readAuthorities(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
    const given = await Promise.all(
        bundlesOf(environment).map((name) => readBundle(name, environment[name] ?? "")),
    );
    return given.length === 0 ? [] : [...(await ownAuthorities(environment)), ...given];
}

/** The variables that name further authorities. */
export const bundlesOf = (environment: NodeJS.ProcessEnv): readonly string[] =>
    ["AWS_CA_BUNDLE", "SSL_CERT_FILE"].filter(
        // OpenSSL, whose variable the second is, passes over a file that is not there.
        (name) => environment[name] && (name === "AWS_CA_BUNDLE" || existsSync(environment[name])),
    );

/**
 * An environment for uv, in which it trusts the authorities of `AWS_CA_BUNDLE` beside those that it would trust without them: its variable
 * names a file with both, which is written to `folder`. uv that reads the system's store is left alone.
 */
export async function withAuthoritiesOfUv(
    environment: NodeJS.ProcessEnv,
    folder: string,
): Promise<NodeJS.ProcessEnv> {
    const { AWS_CA_BUNDLE: bundle, UV_NATIVE_TLS, UV_SYSTEM_CERTS } = environment;
    if (!bundle || UV_NATIVE_TLS || UV_SYSTEM_CERTS) {
        return environment;
    }
    const { SSL_CERT_FILE: own } = environment;
    const trusted =
        own && existsSync(own) ? [String(await readRegularFile(own))] : await ownAuthorities(environment);
    const file = path.join(folder, "authorities.pem");
    await writeFile(file, [...trusted, await readBundle("AWS_CA_BUNDLE", bundle)].join("\n"));
    return { ...environment, SSL_CERT_FILE: file };
}

async function readBundle(name: string, file: string): Promise<string> {
    let text: string;
    try {
        text = String(await readRegularFile(file));
    } catch (cause) {
        const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
        throw unusable(name, `${file} cannot be read (${code})`, cause);
    }
    if (
        !text.includes("-----BEGIN CERTIFICATE-----") &&
        !text.includes("-----BEGIN TRUSTED CERTIFICATE-----")
    ) {
        throw unusable(name, `${file} holds no certificate in PEM`, undefined);
    }
    return text;
}

const unusable = (name: string, reason: string, cause: unknown): LayerError =>
    new LayerError("SETTING_INVALID", {
        what: `The certificate authorities of ${name} cannot be used: ${reason}.`,
        next: `Let ${name} name a PEM file, or take it away.`,
        cause,
    });

/** What Node trusts by itself. A list that is given to a connection takes its place. */
async function ownAuthorities(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
    // From Node 22.15 on; the types are those of Node 20.
    const { getCACertificates } = tls as { readonly getCACertificates?: (kind: "default") => string[] };
    if (getCACertificates !== undefined) {
        return getCACertificates("default");
    }
    const extra = environment["NODE_EXTRA_CA_CERTS"];
    // Node itself passes over a file that is not there.
    const text = extra ? String(await readRegularFile(extra).catch(() => "")) : "";
    return [...tls.rootCertificates, ...(text === "" ? [] : [text])];
}
