import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import type { Target } from "../../../provider/target";
import { pythonPath, uvPath } from "../../tools";

const execute = promisify(execFile);

/** What is asked of a workspace, as uv's options have it. */
export interface Asked {
    readonly package?: string;
    readonly extras: readonly string[];
    readonly groups: readonly string[];
}

/** What uv would install: `name version`, or `name @ folder` for what lies in the workspace, sorted; or why it would not. */
export type Answer = { readonly installs: readonly string[] } | { readonly refuses: string };

/** Asks uv about workspaces, offline and with a cache of its own. */
export interface UvSelection {
    /** Locks a workspace; false when uv finds no solution. */
    lock(root: string): Promise<boolean>;
    /** What `uv export` lists, its markers evaluated for each target by the `packaging` library. */
    exported(root: string, asked: Asked, targets: readonly Target[]): Promise<readonly Answer[]>;
    /** What `uv sync` would install with the Python and on the platform of the target. */
    synced(root: string, asked: Asked, target: Target): Promise<Answer>;
    close(): void;
}

/** `folder` takes the cache and the interpreters. */
export async function startUvSelection(folder: string): Promise<UvSelection> {
    const environment: NodeJS.ProcessEnv = {
        PATH: process.env["PATH"],
        HOME: folder,
        UV_CACHE_DIR: path.join(folder, "cache"),
        UV_OFFLINE: "1",
        UV_PYTHON_DOWNLOADS: "never",
        UV_NO_PROGRESS: "1",
    };
    await mkdir(folder, { recursive: true });
    const markers = startMarkers();
    const interpreters = new Map<string, Promise<string>>();
    const interpreter = (version: string): Promise<string> => {
        const known = interpreters.get(version) ?? writeInterpreter(folder, version);
        interpreters.set(version, known);
        return known;
    };
    const uv = async (root: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) => {
        const options = { cwd: root, env: { ...environment, ...more } };
        return execute(uvPath(), [...args, "--color", "never"], options).catch((error: unknown) => {
            if (error instanceof Error && "stderr" in error) return { refuses: String(error.stderr) };
            throw error;
        });
    };
    const choice = ({ package: member, extras, groups }: Asked): string[] => [
        ...["--frozen", "--no-default-groups"],
        ...(member === undefined ? [] : ["--package", member]),
        ...extras.flatMap((extra) => ["--extra", extra]),
        ...groups.flatMap((group) => ["--group", group]),
    ];
    return {
        async lock(root) {
            // A late release, for workspaces that need one.
            const locked = await uv(root, ["lock", "--python", await interpreter("3.13.99")]);
            if ("refuses" in locked) return false;
            // Now and then uv writes a lock that it can't read: with a set of one conflict.
            const read = await uv(root, ["export", "-q", "--frozen", "--no-default-groups"]);
            return !("refuses" in read && read.refuses.includes("Failed to parse"));
        },
        async exported(root, asked, targets) {
            const form = ["--no-header", "--no-annotate", "--no-hashes", "--format", "requirements.txt"];
            const result = await uv(root, ["export", "-q", ...choice(asked), ...form]);
            if ("refuses" in result) return targets.map(() => result);
            const lines = result.stdout.split("\n").flatMap((line) => {
                const [what = "", marker = ""] = line.split(" ; ");
                const folder = /^(?:-e )?(\.\S*)$/.exec(what)?.[1];
                return what === ""
                    ? []
                    : [
                          {
                              what:
                                  folder === undefined
                                      ? what.replace("==", " ")
                                      : `@ ${path.normalize(folder)}`,
                              marker,
                          },
                      ];
            });
            const holds = await markers.evaluate(
                lines.map(({ marker }) => marker),
                targets,
            );
            return holds.map((each) => ({
                installs: lines.flatMap(({ what }, at) => (each[at] ? [what] : [])).sort(),
            }));
        },
        async synced(root, asked, target) {
            const result = await uv(
                root,
                [
                    ...["sync", "--dry-run", ...choice(asked)],
                    ...["--python", await interpreter(target.pythonFullVersion)],
                    ...["--python-platform", `${target.machine}-manylinux_2_34`],
                ],
                { UV_PROJECT_ENVIRONMENT: path.join(root, "none") },
            );
            if ("refuses" in result) return result;
            const installs = [...result.stderr.matchAll(/^ \+ (\S+?)(?:==(\S+)| @ file:\/\/(\S+))$/gm)].map(
                ([, name, version, place]) =>
                    place === undefined ? `${name} ${version}` : `@ ${path.relative(root, place) || "."}`,
            );
            return { installs: installs.sort() };
        },
        close: () => markers.close(),
    };
}

/** The Python of the tests under another version: uv takes its word for it. */
async function writeInterpreter(folder: string, version: string): Promise<string> {
    const file = path.join(folder, `python${version}`);
    const program = `
import platform, subprocess, sys
mine, wanted = platform.python_version(), "${version}"
short = lambda v: ".".join(v.split(".")[:2])
out = subprocess.run([sys.executable, *sys.argv[1:]], check=True, stdout=subprocess.PIPE, text=True).stdout
print(out.replace(mine, wanted).replace(f'"{short(mine)}"', f'"{short(wanted)}"'), end="")
`;
    await writeFile(`${file}.py`, program);
    await writeFile(file, `#!/bin/sh\nexec '${pythonPath()}' '${file}.py' "$@"\n`);
    await chmod(file, 0o755);
    return file;
}

interface Markers {
    /** For each target, which markers hold; an empty one always does. */
    evaluate(
        markers: readonly string[],
        targets: readonly Target[],
    ): Promise<readonly (readonly boolean[])[]>;
    close(): void;
}

/** One Python that evaluates markers as the `packaging` library does. */
function startMarkers(): Markers {
    const program = `
import json, sys
from packaging.markers import Marker
for line in sys.stdin:
    markers, environments = json.loads(line)
    parsed = [Marker(m) if m else None for m in markers]
    print(json.dumps([[m is None or m.evaluate(e) for m in parsed] for e in environments]), flush=True)
`;
    const child: ChildProcessByStdio<Writable, Readable, null> = spawn(pythonPath(), ["-c", program], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    const lines: Interface = createInterface(child.stdout);
    const answers = lines[Symbol.asyncIterator]();
    return {
        async evaluate(markers, targets) {
            const environments = targets.map((target) => ({
                python_version: target.pythonVersion,
                python_full_version: target.pythonFullVersion,
                implementation_version: target.pythonFullVersion,
                implementation_name: "cpython",
                platform_python_implementation: "CPython",
                os_name: "posix",
                sys_platform: "linux",
                platform_system: "Linux",
                platform_machine: target.machine,
            }));
            child.stdin.write(`${JSON.stringify([markers, environments])}\n`);
            const answer = await answers.next();
            if (answer.done) throw new Error("the evaluation of markers ended");
            return JSON.parse(answer.value);
        },
        close: () => child.stdin.end(),
    };
}
