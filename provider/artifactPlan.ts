import path from "node:path";
import { type BuildContext, type Builder, buildWheels, findBuilder, settleDependencies } from "./build";
import { findInterpreter, type Interpreter } from "./build/interpreter";
import { defaultCacheFolder } from "./cacheFolder";
import { LayerError } from "./errors";
import type { PythonLayerInputs } from "./inputs";
import type { Call, Host } from "./layer/host";
import { type ManifestFile, parseManifest, readManifest } from "./manifest";
import { annotatedDirectNames } from "./manifest/annotations";
import { type Dependencies, dependencyVersions, originOf } from "./manifest/compare";
import { excludesPackages, isGlob } from "./manifest/exclude";
import type { Dependency, Manifest } from "./manifest/model";
import { readIndexNames } from "./manifest/pyproject";
import { manifestChanged } from "./manifestChanged";
import { kindOf } from "./manifestInputs";
import { localSources, select } from "./manifestSelection";
import { withAuthoritiesOfUv } from "./network/authorities";
import { defaultStateFolder, packageLayer, proveWheel } from "./package";
import type { Artifact } from "./package/model";
import { sameValue } from "./props";
import { contentKey } from "./publish/contentKey";
import { type Target, targetFor } from "./target";
import { inTemporaryFolder } from "./temporaryFolder";

/** Moves when the same dependencies have to give other bytes, or when a key left out what decides them. */
const artifactFormat = 2;

/** An artifact that is fully decided and not made yet. */
export interface ArtifactPlan {
    /** Equal keys mean equal bytes. */
    readonly artifactKey: string;
    readonly file: ManifestFile;
    /** What a resolution came to; absent where the manifest decides alone. */
    readonly resolution: Dependencies | undefined;
    /** Builds and packages it into a folder that the caller removes. */
    readonly make: (temporaryFolder: string, watch?: Watch) => Promise<Artifact>;
}

/** Is told how far the making of an artifact is. */
export interface Watch {
    /** One more wheel is there, of so many. */
    readonly onWheel: (arrived: number, wanted: number) => void;
    /** All wheels are there; what follows is packing. */
    readonly onPacking: () => void;
}

/**
 * Decides what is in the artifact that checked inputs describe, down to each file where that can be known. Only a list that
 * leaves something open, excluded packages of a list, and byte code start a program for that.
 *
 * @throws MANIFEST_CHANGED when the manifest or a source beside it is not the one that was checked; what settling throws
 */
export async function planArtifact(host: Host, call: Call, inputs: PythonLayerInputs): Promise<ArtifactPlan> {
    const { signal } = call;
    const { manifests, manifestTexts: texts } = host.memory;
    const target = targetFor(inputs.pythonVersion, inputs.architecture);
    const file = await readManifest(inputs.manifest, {
        folder: host.folder,
        environment: host.environment,
        texts,
        ...kindOf({ ...inputs }),
    });
    if (file.md5 !== inputs.manifestMd5) throw manifestChanged(inputs, file.md5);
    const manifestFolder = path.dirname(file.absolutePath);
    const selection = await select(manifests, file, { ...inputs }, target);
    const { leftOut: _leftOut, ...sources } = await localSources(
        selection,
        manifestFolder,
        host.memory.localSources,
        signal,
    );
    if (!sameValue(sources.sourcesDigest, inputs.sourcesDigest)) throw sourcesChanged(inputs);

    const manifest = parseManifest(file, manifests);
    const request = {
        manifest,
        manifestFolder,
        target,
        indexes: inputs.indexes ?? [],
        projectIndexes: await readIndexNames(manifestFolder),
        sources: sources.sourcesDigest,
        allowSourceBuilds: inputs.allowSourceBuilds ?? [],
        installer: inputs.installer,
    };
    const settled = isOpen(manifest, inputs)
        ? await inTemporaryFolder(host.temporaryFolder, async (temporaryFolder) => {
              const { dependencies } = await select(manifests, file, { ...inputs, exclude: [] }, target);
              const settings = {
                  ...inputs,
                  resolveUnpinned: inputs.resolveUnpinned === true,
                  directNames: annotatedDirectNames(file.text),
              };
              const context = await buildContext(host, call, temporaryFolder);
              return settleDependencies({ ...request, dependencies }, settings, context);
          })
        : undefined;
    const interpreter =
        inputs.compileBytecode === true
            ? await inTemporaryFolder(host.temporaryFolder, async (temporaryFolder) =>
                  findInterpreter(target, await buildContext(host, call, temporaryFolder)),
              )
            : undefined;
    const dependencies = settled ?? selection.dependencies;
    const builder = await inTemporaryFolder(host.temporaryFolder, async (temporaryFolder) =>
        findBuilder({ ...request, dependencies }, await buildContext(host, call, temporaryFolder)),
    );
    const globs = [...new Set((inputs.exclude ?? []).filter(isGlob))].sort();
    return {
        artifactKey: artifactKeyOf(dependencies, target, {
            ...sources,
            builder,
            globs,
            interpreter,
            ...(dependencies.some(canMove) ? { manifest: digestOf(inputs) } : {}),
        }),
        file,
        resolution: settled === undefined ? undefined : dependencyVersions({ dependencies: settled }),
        make: async (temporaryFolder, watch) =>
            make(
                { ...request, dependencies, isSettled: settled !== undefined },
                { globs, interpreter, excludesRuntime: inputs.excludeRuntimeProvided },
                await buildContext(host, call, temporaryFolder),
                watch,
            ),
    };
}

/** Whether only a resolution can tell what is installed. */
const isOpen = (manifest: Manifest, inputs: PythonLayerInputs): boolean =>
    manifest.kind === "requirements.txt" && (inputs.resolveUnpinned === true || excludesPackages(inputs));

async function buildContext(
    { run, aws, memory }: Host,
    call: Call,
    temporaryFolder: string,
): Promise<BuildContext> {
    const environment = await aws.environment();
    return {
        run,
        signal: call.signal,
        cacheFolder: defaultCacheFolder(environment),
        temporaryFolder,
        report: (line) => call.log("info", line),
        warn: (line) => {
            // What is wrong with this machine is said once for all layers of a run.
            if (memory.isNew("warned", line)) call.log("warning", line);
        },
        environment: await withAuthoritiesOfUv(environment, temporaryFolder),
    };
}

/** Builds and packages; each wheel that arrives is proved while others are on their way. */
async function make(
    request: Parameters<typeof buildWheels>[0],
    settings: {
        readonly globs: readonly string[];
        readonly interpreter: Interpreter | undefined;
        readonly excludesRuntime: boolean | undefined;
    },
    context: BuildContext,
    watch: Watch | undefined,
): Promise<Artifact> {
    const { run, signal, cacheFolder, temporaryFolder, environment } = context;
    const failed = new AbortController();
    const facts = { cacheFolder, stateFolder: defaultStateFolder(environment) };
    const proving = { signal: AbortSignal.any([signal, failed.signal]), facts };
    let proved: Promise<void> = Promise.resolve();
    const onWheel: BuildContext["onWheel"] = (wheel) => {
        proved = proved.then(() => proveWheel(wheel, proving));
    };
    try {
        const wanted = request.dependencies.filter(hasWheel).length;
        let arrived = 0;
        const onArrival = () => watch?.onWheel(++arrived, wanted);
        const wheels = await buildWheels(request, { ...context, onWheel, onArrival });
        await proved;
        watch?.onPacking();
        const { globs, interpreter, excludesRuntime } = settings;
        return await packageLayer(
            {
                wheels,
                target: request.target,
                destination: path.join(temporaryFolder, "layer.zip"),
                exclude: globs,
                excludesRuntime,
                ...(interpreter === undefined
                    ? {}
                    : { bytecode: { interpreter, run, temporaryFolder, environment } }),
            },
            { signal, facts },
        );
    } catch (error) {
        failed.abort();
        await proved;
        throw error;
    }
}

/** A virtual project is what it needs and nothing itself. */
const hasWheel = ({ source }: Dependency): boolean => !(source.type === "directory" && source.virtual);

/** Whether what a dependency is may change while the manifest stays: a branch, an address without a hash. */
const canMove = ({ source, file, hashes }: Dependency): boolean =>
    (source.type === "git" && source.commit === undefined) ||
    (source.type === "url" && file?.hash === undefined && hashes.length === 0);

/** Stands in a key for what the manifest does not tell: any edit of it makes a build look again. */
const digestOf = ({ manifestMd5, includesDigest }: PythonLayerInputs): readonly unknown[] => [
    manifestMd5,
    includesDigest ?? null,
];

/**
 * What decides the zip's bytes.
 *
 * A wheel that is copied is its hash. Where the manifest leaves the choice of a file open, the target decides with it; where something is
 * built here, the target and the builder do. Byte code depends on the Python that makes it and on the compressor of this one.
 */
function artifactKeyOf(
    dependencies: readonly Dependency[],
    target: Target,
    more: {
        readonly sourcesDigest?: Readonly<Record<string, string>>;
        readonly builder: Builder | undefined;
        readonly globs: readonly string[];
        readonly interpreter: Interpreter | undefined;
        readonly manifest?: readonly unknown[];
    },
): string {
    const { sourcesDigest, builder, globs, interpreter, manifest } = more;
    const isCopied = builder === undefined && dependencies.every(({ file }) => file?.hash !== undefined);
    const { pythonFullVersion: python, architecture, glibc } = target;
    return contentKey({
        artifactFormat,
        dependencies: dependencies.map(({ name, version, source, file, hashes }) => ({
            name,
            version,
            ...(file?.hash === undefined
                ? { source: originOf({ source, file, hashes }), hashes: [...hashes].sort() }
                : {}),
            filename: file?.filename,
            hash: file?.hash,
        })),
        ...(isCopied ? {} : { target: { python, architecture, glibc } }),
        ...(builder === undefined ? {} : { builder }),
        ...(manifest === undefined ? {} : { manifest }),
        ...(sourcesDigest === undefined ? {} : { sourcesDigest }),
        ...(globs.length === 0 ? {} : { exclude: globs }),
        ...(interpreter === undefined
            ? {}
            : {
                  bytecode: {
                      python: interpreter.version,
                      magic: interpreter.magic,
                      zlib: process.versions["zlib"],
                  },
              }),
    });
}

function sourcesChanged(inputs: PythonLayerInputs): LayerError {
    return new LayerError("MANIFEST_CHANGED", {
        what: `A local package of layer "${inputs.layerName}", beside ${inputs.manifest}, changed while the run was under way.`,
        detail: Object.keys(inputs.sourcesDigest ?? {}).slice(0, 6),
        next: "Nothing was built. Run the same command again when whatever writes the files is done.",
        property: "manifest",
    });
}
