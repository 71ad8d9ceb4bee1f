import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { parse, type TomlTable } from "smol-toml";
import { cacheFolder, cacheKey } from "./cacheFolder";
import { atShutdown } from "./shutdown";

/**
 * Variables that a run takes over from the user: where programs and their libraries are, how the terminal is, and how the network is
 * reached. Every other one could change what a tool does.
 */
const kept = [
    /^(?:PATH|TMPDIR|TMP|TEMP|SHELL|USER|LOGNAME|TZ|LANG|LANGUAGE|LC_\w+|LD_LIBRARY_PATH)$/,
    /^(?:TERM|COLORTERM|NO_COLOR|FORCE_COLOR|CI|GITHUB_ACTIONS)$/,
    // Programs that stand for another version of Node or Python find it by these.
    /^(?:PYENV|VOLTA|ASDF|MISE|FNM|NVM)_\w+$/,
    /^(?:https?_proxy|all_proxy|no_proxy)$/i,
    /^(?:SSL_CERT_FILE|SSL_CERT_DIR|NIX_SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA)$/,
    // The addresses of the machine's default index and registry, never of further ones.
    /^(?:UV_DEFAULT_INDEX|UV_INDEX_URL|UV_NATIVE_TLS|UV_SYSTEM_CERTS|UV_INSECURE_HOST|UV_HTTP_TIMEOUT|UV_HTTP_RETRIES)$/,
    /^npm_config_(?:registry|cafile|ca|proxy|https_proxy|noproxy|strict_ssl)$/i,
    // The scripts' own.
    /^(?:PLL|UPDATE)_\w+$/,
];

/** Lines of an `.npmrc` that say where the registry is and how it is reached. */
const registryLine = /^\s*(?:registry|cafile|ca(?:\[\])?|proxy|https-proxy|noproxy|strict-ssl|\/\/[^=]+)\s*=/;

/**
 * The environment of one run of tests or of the demo, for every tool that it starts: uv, pip, poetry, npm, pulumi and git find
 * caches, a home and a configuration below `folder`, and nothing of the user's but the way to the index and the registry.
 *
 * What the scripts have installed is found as before, by `PLL_CACHE`. npm's cache is kept there too, one for each registry: only
 * these scripts write to it, and installing Pulumi's SDK a dozen times from a registry would take most of the time of a run.
 */
export function isolatedEnvironment(user: NodeJS.ProcessEnv, folder: string): Record<string, string> {
    const home = join(folder, "home");
    const inherited: Record<string, string> = {};
    for (const [name, value] of Object.entries(user)) {
        if (value !== undefined && kept.some((pattern) => pattern.test(name))) inherited[name] = value;
    }
    const userHome = user["HOME"] || homedir();
    const npmrc = registryLines(variable(user, "npm_config_userconfig") ?? join(userHome, ".npmrc"));
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, ".npmrc"), npmrc);
    writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = Test\n\temail = test@example.com\n");
    const cache = cacheFolder(user);
    return {
        ...defaultIndex(join(user["XDG_CONFIG_HOME"] || join(userHome, ".config"), "uv", "uv.toml")),
        ...inherited,
        PLL_CACHE: cache,
        HOME: home,
        XDG_CACHE_HOME: join(folder, "cache"),
        XDG_CONFIG_HOME: join(folder, "config"),
        XDG_DATA_HOME: join(folder, "data"),
        XDG_STATE_HOME: join(folder, "state"),
        // What is set up for the whole machine, and its password store.
        PIP_CONFIG_FILE: "/dev/null",
        GIT_CONFIG_NOSYSTEM: "1",
        PYTHON_KEYRING_BACKEND: "keyring.backends.null.Keyring",
        npm_config_userconfig: join(home, ".npmrc"),
        npm_config_cache: join(
            cache,
            `npm-${cacheKey([npmrc, variable(user, "npm_config_registry") ?? ""])}`,
        ),
        npm_config_update_notifier: "false",
    };
}

/**
 * Makes {@link isolatedEnvironment} this process's own. What it made is removed when the process ends, or by what is returned.
 *
 * To be called before anything looks at the environment.
 */
export function isolateProcess(): () => Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-lambda-layer-run-"));
    const environment = isolatedEnvironment(process.env, folder);
    for (const name of Object.keys(process.env)) {
        if (!Object.hasOwn(environment, name)) delete process.env[name];
    }
    Object.assign(process.env, environment);
    const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    process.on("exit", remove);
    return atShutdown(remove);
}

/** A variable of npm's, whose names may have either case. */
const variable = (environment: NodeJS.ProcessEnv, name: string): string | undefined =>
    Object.entries(environment).find(([each]) => each.toLowerCase() === name)?.[1];

function registryLines(path: string): string {
    const lines = textOf(path).split("\n");
    return lines.flatMap((line) => (registryLine.test(line) ? [`${line.trim()}\n`] : [])).join("");
}

/** The default index of uv's configuration file as the variables that name it. */
function defaultIndex(path: string): Record<string, string> {
    const settings = tomlOf(path);
    const indexes = Array.isArray(settings["index"]) ? settings["index"] : [];
    const address = indexes.flatMap((index) =>
        isTable(index) && index["default"] === true ? [index["url"]] : [],
    )[0];
    const url = address ?? settings["index-url"];
    return {
        ...(typeof url === "string" ? { UV_DEFAULT_INDEX: url } : {}),
        ...(settings["native-tls"] === true ? { UV_NATIVE_TLS: "true" } : {}),
    };
}

function tomlOf(path: string): TomlTable {
    try {
        return parse(textOf(path));
    } catch {
        return {};
    }
}

const isTable = (value: unknown): value is TomlTable =>
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

function textOf(path: string): string {
    try {
        return readFileSync(path, "utf8");
    } catch {
        return "";
    }
}
