import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * What a program is started for.
 *
 * - `build`: whatever may run a package's own code: every build, and every resolution, since that may build for the metadata.
 * - `python`: to find Pythons, to ask them for their version, to compile byte code.
 * - `git`: to check out a commit.
 * - `docker`: Docker's client. What runs in the container sees none of it, but what the command line names.
 */
export type Purpose = "build" | "python" | "git" | "docker";

const allowed = Symbol("allowed");

/** The whole environment of a program. Only this file makes one, so no program can be started with another. */
export interface ProgramEnvironment {
    readonly variables: Readonly<Record<string, string>>;
    readonly [allowed]: true;
}

/** A `*` at the end stands for any rest. Names are compared without regard to case where the system does so. */
type Names = readonly string[];

/** What any program needs to start, to speak the user's language and to reach the network. */
const everywhere: Names = [
    ...["PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "TMP", "TEMP"],
    ...["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
    // Without these Windows starts nothing and finds no compiler.
    ...["SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "PROGRAMFILES*", "PROGRAMDATA"],
    ...["NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "OS"],
];

const proxies: Names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/** The user's home folder and what stands for parts of it. */
const home: Names = [
    ...["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"],
    ...["USERPROFILE", "APPDATA", "LOCALAPPDATA"],
];

const sharedLibraries: Names = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/** The variables of each purpose, beside {@link everywhere} and {@link proxies}. */
const allowedVariables: Readonly<Record<Purpose, Names>> = {
    build: [
        ...sharedLibraries,
        ...["CC", "CXX", "CPP", "LD", "AR", "AS", "NM", "RANLIB", "STRIP", "FC", "F77", "F90"],
        ...["CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "FFLAGS", "ARCHFLAGS", "MAKEFLAGS"],
        ...["CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "INCLUDE", "LIB"],
        ...["PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"],
        ...["CMAKE_PREFIX_PATH", "CMAKE_GENERATOR", "CMAKE_ARGS", "CMAKE_BUILD_PARALLEL_LEVEL"],
        ...["SDKROOT", "DEVELOPER_DIR", "MACOSX_DEPLOYMENT_TARGET", "JAVA_HOME"],
        ...["RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"],
        ...["SETUPTOOLS_SCM_PRETEND_VERSION*", "PBR_VERSION", "PDM_BUILD_SCM_VERSION"],
        ...["UV_CACHE_DIR", "UV_NO_CACHE", "UV_LINK_MODE", "UV_PYTHON_INSTALL_DIR", "UV_OFFLINE"],
        ...["UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT"],
        ...["UV_HTTP_RETRIES", "UV_REQUEST_TIMEOUT", "UV_CONCURRENT_*"],
    ],
    python: [
        ...home,
        ...sharedLibraries,
        ...["PYENV_ROOT", "PYENV_VERSION", "ASDF_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", "MISE_CONFIG_DIR"],
        ...["VIRTUAL_ENV", "CONDA_PREFIX", "UV_CACHE_DIR", "UV_NO_CACHE", "UV_PYTHON_INSTALL_DIR"],
    ],
    git: [
        ...home,
        ...["SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_EXEC_PATH"],
        ...["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"],
        ...["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_*", "GIT_CONFIG_VALUE_*"],
        ...["GIT_SSL_*", "GIT_PROXY_SSL_*", "GIT_HTTP_PROXY_AUTHMETHOD"],
        ...["DBUS_SESSION_BUS_ADDRESS", "KRB5CCNAME"],
    ],
    docker: [
        ...["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_API_VERSION"],
        ...["DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"],
        ...["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"],
    ],
};

/** Every name on a list, for the table in `docs/security.md`. */
export const variableNames: Names = [...everywhere, ...proxies, ...Object.values(allowedVariables).flat()];

/** The environment of a program: those of `host`'s variables that its purpose has on the list, and `more`. */
export function environmentFor(
    purpose: "python" | "git",
    host: NodeJS.ProcessEnv,
    more: Readonly<Record<string, string>> = {},
): ProgramEnvironment {
    return made({ ...select(host, [...everywhere, ...proxies, ...allowedVariables[purpose]]), ...more });
}

/**
 * The same for what may run a package's code. It has a home folder of its own, which is made in `folder`, and no proxy whose address has
 * a password (see {@link proxiesWithPassword}). uv's cache, its Pythons and Rust's toolchains stay where they are in the user's home.
 */
export async function buildEnvironment(
    host: NodeJS.ProcessEnv,
    folder: string,
    more: Readonly<Record<string, string>> = {},
): Promise<ProgramEnvironment> {
    const open = select(host, proxies);
    return made({
        ...toolsInHome(host),
        ...select(host, [...everywhere, ...allowedVariables.build]),
        ...Object.fromEntries(Object.entries(open).filter(([, value]) => !hasUserInfo(value))),
        ...(await ownHome(folder)),
        // A system's settings may hold addresses with passwords, and a question would wait for ever.
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
        ...more,
    });
}

/** The environment of Docker's client: with a home folder of its own, in `folder`, and the user's Docker configuration. */
export async function dockerEnvironment(
    host: NodeJS.ProcessEnv,
    folder: string,
): Promise<ProgramEnvironment> {
    const own = host["HOME"] ?? host["USERPROFILE"];
    const places = {
        DOCKER_CONFIG: ".docker",
        XDG_CONFIG_HOME: ".config",
        // Where podman, which is a `docker` on some systems, has its images.
        XDG_DATA_HOME: join(".local", "share"),
    };
    return made({
        ...(own
            ? Object.fromEntries(Object.entries(places).map(([name, path]) => [name, join(own, path)]))
            : {}),
        ...select(host, [...everywhere, ...allowedVariables.docker]),
        ...(await ownHome(folder)),
    });
}

/** An empty home folder in `folder`, as variables. */
async function ownHome(folder: string): Promise<Record<string, string>> {
    const own = join(folder, "home");
    await mkdir(own, { recursive: true });
    return {
        HOME: own,
        ...(process.platform === "win32" ? { USERPROFILE: own, APPDATA: own, LOCALAPPDATA: own } : {}),
    };
}

/** The proxies whose addresses have a password, which a build may not see; as a program with settings wants them. */
export function proxiesWithPassword(
    host: NodeJS.ProcessEnv,
): { readonly http?: string; readonly https?: string } | undefined {
    const value = (name: string) =>
        host[name.toLowerCase()] || host[name] || host["all_proxy"] || host["ALL_PROXY"];
    const [http, https] = [value("HTTP_PROXY"), value("HTTPS_PROXY")];
    if (![http, https].some((address) => address !== undefined && hasUserInfo(address))) return undefined;
    return { ...(http ? { http } : {}), ...(https ? { https } : {}) };
}

const hasUserInfo = (address: string): boolean => /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/@]*@/i.test(address);

/** What uv and Rust would look for below the home folder that they do not get. */
function toolsInHome(host: NodeJS.ProcessEnv): Record<string, string> {
    const own = host["HOME"] ?? host["USERPROFILE"];
    if (!own) return {};
    const isWindows = process.platform === "win32";
    const local = host["LOCALAPPDATA"] || join(own, "AppData", "Local");
    const roaming = host["APPDATA"] || join(own, "AppData", "Roaming");
    return {
        UV_CACHE_DIR: isWindows
            ? join(local, "uv", "cache")
            : join(host["XDG_CACHE_HOME"] || join(own, ".cache"), "uv"),
        UV_PYTHON_INSTALL_DIR: isWindows
            ? join(roaming, "uv", "data", "python")
            : join(host["XDG_DATA_HOME"] || join(own, ".local", "share"), "uv", "python"),
        RUSTUP_HOME: join(own, ".rustup"),
    };
}

function select(host: NodeJS.ProcessEnv, names: Names): Record<string, string> {
    return Object.fromEntries(
        Object.entries(host).flatMap(([name, value]) =>
            value !== undefined && names.some((pattern) => matches(name, pattern)) ? [[name, value]] : [],
        ),
    );
}

/** Proxies are named in either case everywhere. */
function matches(name: string, pattern: string): boolean {
    const ignoresCase = process.platform === "win32" || proxies.includes(pattern);
    const compared = ignoresCase ? name.toUpperCase() : name;
    return pattern.endsWith("*") ? compared.startsWith(pattern.slice(0, -1)) : compared === pattern;
}

const made = (variables: Record<string, string>): ProgramEnvironment => ({ variables, [allowed]: true });
