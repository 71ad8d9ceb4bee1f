import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ManifestKind } from "../../provider/manifest";
import { mustRun } from "../../scripts/command";
import { pythonPath, runPoetry, uvPath } from "../tools";
import type { LocalServer } from "../unit/build/localServer";
import { startIndex } from "../unit/build/packageIndex";
import { sampleWheel, writeProject } from "../unit/build/sampleFiles";
import { writeFiles } from "./writeFiles";

/** Files by path below a folder. */
export type Files = Readonly<Record<string, string>>;

/** What a sample project asks for. */
export interface SampleProject {
    /** PEP 508 requirements. Default {@link sampleRequirements}. */
    readonly requirements?: readonly string[];
    /** Those of the group `dev`. Default beta. */
    readonly dev?: readonly string[];
    readonly version?: string;
    /** Whether it needs the project `lib` in a folder of that name; with it comes a member that nobody needs, `spare`. */
    readonly local?: boolean;
    readonly memberVersion?: string;
    readonly spareVersion?: string;
}

export const sampleRequirements = ["alpha==1.0", "beta==1.0", "gamma==1.0"] as const;

/** A package index on loopback with the packages that sample projects ask for, so that no test here needs another. */
export function startSampleIndex(): Promise<LocalServer> {
    const releases: readonly (readonly [name: string, version: string, tag?: string])[] = [
        ["alpha", "1.0"],
        ["alpha", "1.0.1"],
        ["alpha", "2.0"],
        ["beta", "1.0"],
        ["beta", "1.0", "cp313-cp313-win_amd64"],
        ["gamma", "1.0"],
        ["delta", "1.0"],
        ["webby", "1.0"],
        ["tester", "1.0"],
        ["olden", "1.0"],
        ["winny", "1.0"],
    ];
    const wheels = releases.map(
        ([name, version, tag = "py3-none-any"]) =>
            [`${name}-${version}-${tag}.whl`, sampleWheel(name, version)] as const,
    );
    return startIndex(new Map(wheels));
}

const locked = new Map<string, Promise<Files>>();

/**
 * The project's files with a manifest that its tool made of them: pyproject.toml, the manifest, and local projects. The same project is
 * locked once in this process.
 */
export function lockSample(kind: ManifestKind, origin: string, sample: SampleProject = {}): Promise<Files> {
    const key = JSON.stringify([kind, origin, sample]);
    const made = locked.get(key) ?? makeLock(kind, origin, sample);
    locked.set(key, made);
    return made;
}

async function makeLock(kind: ManifestKind, origin: string, sample: SampleProject): Promise<Files> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-sample-"));
    try {
        const files = projectFiles(origin, sample);
        await writeFiles(folder, files);
        for (const member of sample.local === true ? ["lib", "spare"] : []) {
            const version = (member === "lib" ? sample.memberVersion : sample.spareVersion) ?? "1.0";
            await writeProject(join(folder, member), member, version);
        }
        const members = await readMembers(folder, sample);
        if (kind === "poetry.lock") {
            await runPoetry(["lock", "--no-interaction"], folder);
            return { ...files, ...members, [kind]: await readFile(join(folder, kind), "utf8") };
        }
        await mustRun(uvPath(), ["lock", "--no-cache", "--python", pythonPath()], { cwd: folder });
        if (kind === "uv.lock") {
            return { ...files, ...members, [kind]: await readFile(join(folder, kind), "utf8") };
        }
        if (kind === "pylock.toml") {
            const flags = ["--frozen", "--no-emit-project", "--no-default-groups", "--no-editable"];
            await mustRun(uvPath(), ["export", "--format", kind, ...flags, "-o", kind], { cwd: folder });
            const { "pyproject.toml": _project, ...others } = files;
            return { ...others, ...members, [kind]: await readFile(join(folder, kind), "utf8") };
        }
        const { "pyproject.toml": _project, ...others } = files;
        if (kind === "Pipfile.lock") {
            const [main, dev] = await Promise.all([
                exportedLines(folder, ["--no-dev"]),
                exportedLines(folder, ["--only-group", "dev"]),
            ]);
            return { ...others, ...members, [kind]: pipfileLock(origin, main, dev) };
        }
        const exported = ["export", "--frozen", "--no-emit-project", "--no-default-groups", "-o", kind];
        await mustRun(uvPath(), exported, { cwd: folder });
        const lines = await readFile(join(folder, kind), "utf8");
        return { ...others, ...members, [kind]: `--index-url ${origin}/simple\n${lines}` };
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** What `uv export` lists, each with its hashes on lines of their own. */
const exportedLines = async (folder: string, flags: readonly string[]): Promise<string> =>
    (
        await mustRun(
            uvPath(),
            ["export", "-q", "--frozen", "--no-emit-project", "--no-header", "--no-annotate", ...flags],
            { cwd: folder },
        )
    ).stdout;

/** A Pipfile.lock of exported lines, in pipenv's shape: pipenv itself would take seconds for each. */
function pipfileLock(origin: string, main: string, dev: string): string {
    const category = (lines: string) =>
        Object.fromEntries(
            [...lines.replaceAll("\\\n", "").matchAll(/^(\S.*)$/gm)].map(([, line = ""]) =>
                pipfileEntry(line),
            ),
        );
    const lock = {
        _meta: {
            hash: { sha256: "0".repeat(64) },
            "pipfile-spec": 6,
            requires: {},
            sources: [{ name: "sample", url: `${origin}/simple`, verify_ssl: true }],
        },
        default: category(main),
        develop: category(dev),
    };
    return `${JSON.stringify(lock, null, 4)}\n`;
}

function pipfileEntry(line: string): readonly [name: string, entry: object] {
    const [stated = ""] = line.split(" --hash=");
    const [requirement = "", marker] = stated.split(";").map((part) => part.trim());
    const markers = marker === undefined ? {} : { markers: marker };
    const folder = /^(?:-e )?\.\/(\w+)$/.exec(requirement)?.[1];
    if (folder !== undefined) return [folder, { ...markers, path: `./${folder}` }];
    const [name = "", version = ""] = requirement.split("==");
    const hashes = [...line.matchAll(/--hash=(\S+)/g)].map(([, hash = ""]) => hash);
    return [name, { hashes, index: "sample", ...markers, version: `==${version}` }];
}

function projectFiles(origin: string, sample: SampleProject): Files {
    const { requirements = sampleRequirements, dev = ["tester==1.0"], version = "1.0" } = sample;
    const isLocal = sample.local === true;
    const asked = [...requirements, ...(isLocal ? ["lib"] : [])];
    const project = [
        `[project]\nname = "app"\nversion = "${version}"\nrequires-python = ">=3.10"`,
        `dependencies = ${JSON.stringify(asked)}`,
        `[project.optional-dependencies]\nweb = ["webby==1.0"]`,
        `[dependency-groups]\ndev = ${JSON.stringify(dev)}`,
        `[tool.poetry]\npackage-mode = false`,
        `[[tool.poetry.source]]\nname = "sample"\nurl = "${origin}/simple"\npriority = "primary"`,
        `[[tool.uv.index]]\nurl = "${origin}/simple"\ndefault = true`,
        ...(isLocal
            ? [
                  `[tool.poetry.dependencies]\nlib = { path = "lib" }`,
                  `[tool.uv.workspace]\nmembers = ["lib", "spare"]`,
                  `[tool.uv.sources]\nlib = { workspace = true }`,
              ]
            : []),
    ];
    return { "pyproject.toml": `${project.join("\n")}\n` };
}

async function readMembers(folder: string, sample: SampleProject): Promise<Files> {
    if (sample.local !== true) return {};
    const names = ["lib", "spare"].flatMap((member) =>
        ["pyproject.toml", "PKG-INFO", "backend.py"].map((name) => `${member}/${name}`),
    );
    const read = names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const);
    return Object.fromEntries(await Promise.all(read));
}
