import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../scripts/cacheFolder";

interface Source {
    /** From `provider/` on, such as `build/run.ts`. */
    readonly path: string;
    readonly text: string;
}

const order = ["manifest", "build", "package", "upload", "publish"];
/** It names the objects in the bucket for both last steps. */
const shared = "../publish/layout";
/** What speaks to Pulumi or to a terminal. All other files are the core and its steps. */
const frontEnds =
    /^(?:dynamic|plugin|commandLine)\/|^(?:index|provider|shim|layerResource|pythonLayer|layerVersion|lambdaLayerProvider|resourceOptions|resourceOwner)\.ts$/;
/** The one gate through which foreign programs are started and ended. */
const gate = "build/run.ts";
/** It sets the variable of the AWS SDK for the moment in which a client is made: the SDK has no other way. */
const silencer = "aws/nodeSupport.ts";
/** It asks whether the process that made a folder still runs. */
const sweeper = "temporaryFolder.ts";
/** It keeps modules that are loaded, as Node does. */
const loader = "aws/sdk.ts";
/** It opens regular files only. */
const door = "disk.ts";
/** What they read this package or a tool that it started has just written, or the system has. */
const readersOfOwn = [
    "build/pip.ts",
    "build/resolve.ts",
    "build/resolveList.ts",
    "package/bytecode.ts",
    "package/splice.ts",
    "pythonArchive.ts",
    "temporaryFolder.ts",
    "upload/artifact.ts",
];

describe("the walls inside the package", () => {
    let sources: readonly Source[];
    before(async () => {
        const names = await readdir(join(repository, "provider"), { recursive: true });
        sources = await Promise.all(
            names
                .filter((name) => name.endsWith(".ts"))
                .map(async (path) => ({
                    path,
                    text: await readFile(join(repository, "provider", path), "utf8"),
                })),
        );
    });
    const importsOf = ({ text }: Source) =>
        [...text.matchAll(/(?:from |import\(|require\()"([^"]+)"/g)].map(([, name = ""]) => name);

    it("let the data go from step to step: none imports from a later one", () => {
        const wrong = sources.flatMap((source) => {
            const [step = ""] = source.path.split("/");
            const later = order.slice(order.indexOf(step) + 1);
            return order.includes(step)
                ? importsOf(source)
                      .filter((name) =>
                          later.some((each) => name.startsWith(`../${each}`) && name !== shared),
                      )
                      .map((name) => `${source.path}: ${name}`)
                : [];
        });
        assert.deepEqual(wrong, []);
    });

    it("keep Pulumi and the front ends out of the core and the steps", () => {
        const wrong = sources
            .filter(({ path }) => !frontEnds.test(path))
            .flatMap((source) =>
                importsOf(source)
                    .filter((name) =>
                        /^@pulumi\/|\/(?:dynamic|plugin|commandLine)\/|^\.\/(?:provider|shim)$/.test(name),
                    )
                    .map((name) => `${source.path}: ${name}`),
            );
        assert.deepEqual(wrong, []);
    });

    it("keep what a run remembers in its host, and no state in a module of the core and the steps", () => {
        const states = [
            /^(?:export )?(?:let|var) .*/gm,
            // A table is typed as one that nobody adds to.
            /^(?:export )?const \w+(?::(?! [Rr]eadonly)[^=\n]*)? = (?:new (?:Map|Set|WeakMap|WeakSet)\b|\[\];|\{\};).*/gm,
            /^(?:export )?const \w+[^=\n]* = (?:create|remember|once|memo)\w*(?:<.*>)?\(.*/gm,
        ];
        const found = (source: Source) =>
            states
                .flatMap((state) => [...source.text.matchAll(state)])
                .map(([line]) => `${source.path}: ${line}`);
        const wrong = sources.filter(({ path }) => !frontEnds.test(path) && path !== loader).flatMap(found);
        assert.deepEqual(wrong, []);
        for (const text of [
            "let known = 1;",
            "const known = new Map<string, string>();",
            "const known: Map<string, string> = new Map();",
            "const names: string[] = [];",
            "export const known = new Set([1]);",
            "const unchanged = rememberUnchanged<string>();",
        ])
            assert.equal(found({ path: "", text }).length > 0, true, text);
    });

    it("open files of others by one door, which waits for no FIFO", () => {
        const openers = /\b(?:readFile|readFileSync|createReadStream|openSync)\b/;
        const wrong = sources.filter(
            ({ path, text }) =>
                !frontEnds.test(path) &&
                ![...readersOfOwn, door].includes(path) &&
                [...text.matchAll(/^import \{([^}]*)\} from "node:fs(?:\/promises)?";/gm)].some(
                    ([, names = ""]) => openers.test(names),
                ),
        );
        assert.deepEqual(
            wrong.map(({ path }) => path),
            [],
        );
    });

    it("keep what belongs to the process as a whole out of the core and the steps", () => {
        const globals =
            /\bprocess\.(?:argv|chdir|cwd|emitWarning|env|exit|exitCode|kill|on|once|removeListener|stderr|stdin|stdout)\b|\bconsole\.|\btmpdir\(|\/dev\/tty/g;
        const wrong = sources
            .filter(({ path }) => !frontEnds.test(path) && ![gate, sweeper, silencer].includes(path))
            .flatMap(({ path, text }) => [...text.matchAll(globals)].map(([found]) => `${path}: ${found}`));
        assert.deepEqual(wrong, []);
        // The search finds what it looks for where it may be.
        assert.ok(sources.some(({ path, text }) => path === gate && text.search(globals) >= 0));
    });
});
