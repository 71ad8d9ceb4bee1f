import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildContext, BuildRequest } from "../../../provider/build";
import { run } from "../../../provider/build/run";
import type { Dependency, LockedPackage, Manifest, ManifestKind } from "../../../provider/manifest/model";
import { targetFor } from "../../../provider/target";
import { uvPath } from "../../tools";

/** Folders of one test, and what it works with. */
export interface Workplace {
    readonly folder: string;
    readonly context: BuildContext;
    readonly reported: string[];
    /** Names of what is in the temporary folder. */
    readonly leftovers: () => Promise<string[]>;
    readonly remove: () => Promise<void>;
}

/** Everything that indexes of the user's own machine could change is left out; the way to the default index stays. */
export async function workplace(environment: NodeJS.ProcessEnv = {}): Promise<Workplace> {
    const UV = uvPath();
    const folder = await mkdtemp(join(tmpdir(), "build-"));
    const [cacheFolder, temporaryFolder] = [join(folder, "cache"), join(folder, "temporary")];
    await mkdir(temporaryFolder);
    const reported: string[] = [];
    const context: BuildContext = {
        run,
        signal: new AbortController().signal,
        cacheFolder,
        temporaryFolder,
        report: (line) => reported.push(line),
        environment: {
            ...process.env,
            UV,
            NETRC: join(folder, "none"),
            UV_CACHE_DIR: join(folder, "uv"),
            ...environment,
        },
    };
    return {
        folder,
        context,
        reported,
        leftovers: () => readdir(temporaryFolder),
        remove: () => rm(folder, { recursive: true, force: true }),
    };
}

/** A dependency on one release of an index, as a manifest without addresses gives it. */
export const pinned = (name: string, version: string, more: Partial<Dependency> = {}): Dependency => ({
    name,
    version,
    source: { type: "registry" },
    hashes: [],
    position: { file: "requirements.txt", line: 1, column: 1 },
    ...more,
});

/** A request for these dependencies, with the manifest that they would come from. */
export function requestFor(
    folder: string,
    dependencies: readonly Dependency[],
    more: Partial<Omit<BuildRequest, "manifest">> & {
        readonly kind?: ManifestKind;
        readonly manifest?: Partial<Manifest>;
        readonly requestedExtras?: Readonly<Record<string, readonly string[]>>;
    } = {},
): BuildRequest {
    const { kind = "requirements.txt", manifest, requestedExtras = {}, ...rest } = more;
    const packages = dependencies.map(
        ({ name, version, source, position }): LockedPackage => ({
            name,
            ...(version === undefined ? {} : { version }),
            source,
            requirements: [],
            extras: new Map(),
            groups: new Map(),
            files: [],
            hashes: [],
            position,
        }),
    );
    return {
        manifest: {
            kind,
            path: kind,
            packages,
            projects: [],
            environments: [],
            conflicts: [],
            indexes: [],
            doubts: [],
            ...manifest,
        },
        manifestFolder: folder,
        dependencies: dependencies.map((dependency) => ({
            ...dependency,
            extras: requestedExtras[dependency.name] ?? [],
        })),
        target: targetFor("3.13", "arm64"),
        indexes: [],
        allowSourceBuilds: [],
        ...rest,
    };
}
