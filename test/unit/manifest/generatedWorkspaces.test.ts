import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { isLayerError } from "../../../provider/errors";
import {
    type ManifestFile,
    parseManifest,
    readManifest,
    selectDependencies,
} from "../../../provider/manifest";
import { findStaleness } from "../../../provider/manifest/staleness";
import { type Target, targetFor } from "../../../provider/target";
import { extended } from "../../../scripts/testStages";
import { type Question, questionedWorkspace } from "./generatedWorkspace";
import { type Answer, type Asked, startUvSelection, type UvSelection } from "./uvSelection";
import type { Member, Workspace } from "./workspaceFiles";

/**
 * How many workspaces are generated: those of them that have a solution are compared. A run that says how many tries others
 * each time, or those of PLL_WORKSPACES_SEED.
 */
const { PLL_WORKSPACES: given, PLL_WORKSPACES_SEED: seed } = process.env;
const fixed = given === undefined ? { seed: 20261130 } : seed === undefined ? {} : { seed: Number(seed) };
/** Of the extended tests: others than those above. */
const moreRuns = 200;

describe("generated workspaces", function () {
    this.timeout(0);
    let folder: string;
    let uv: UvSelection;
    before(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "generated-workspaces-"));
        uv = await startUvSelection(path.join(folder, "uv"));
    });
    after(async () => {
        uv?.close();
        await rm(folder, { recursive: true, force: true });
    });

    it("give what uv installs and exports, for any choice and target", () =>
        agree(Number(given ?? 40), fixed));
    it(`give it for more of them, ${extended}`, () => agree(moreRuns, {}));

    async function agree(runs: number, chosen: { readonly seed?: number }): Promise<void> {
        const counts = { locked: 0, compared: 0, refused: 0 };
        const { failed, ...details } = await fc.check(
            fc.asyncProperty(questionedWorkspace, async ({ generated, questions }) => {
                const root = await mkdtemp(path.join(folder, "workspace-"));
                await write(root, generated.files);
                if (await uv.lock(root)) {
                    counts.locked += 1;
                    const file = await readManifest("uv.lock", { folder: root });
                    assert.equal(await findStaleness(file), undefined);
                    for (const question of questions) {
                        const answer = await compare(root, file, generated, question).catch((error) => {
                            throw new Error(`${error}\n${textsOf(generated)}\n${file.text}`);
                        });
                        counts[answer] += 1;
                    }
                }
                await rm(root, { recursive: true });
            }),
            { numRuns: runs, ...chosen, endOnFailure: true },
        );
        // Without the counterexample itself, which holds the bytes of wheels.
        const { seed: tried, counterexamplePath, errorInstance } = details;
        assert.ok(!failed, `seed ${tried}, path "${counterexamplePath}": ${errorInstance}`);
        assert.ok(counts.locked >= runs / 4 && counts.refused > 0, JSON.stringify(counts));
        if (given !== undefined) console.log(counts);
    }

    async function compare(
        root: string,
        file: ManifestFile,
        generated: Workspace,
        { asked, minor, architecture }: Question,
    ): Promise<"compared" | "refused"> {
        const target = targetFor(minor, architecture);
        const title = JSON.stringify([asked, minor, architecture]);
        const ours = selected(file, asked, target);
        if (asked.package === undefined && generated.root === "virtual" && generated.members.length > 1) {
            assert.deepEqual(ours, { refuses: "MANIFEST_SELECTION" }, title);
            return "refused";
        }
        const pythonFullVersion = generated.pythons[minor] ?? target.pythonFullVersion;
        const theirTarget = { ...target, pythonFullVersion };
        const synced = await uv.synced(root, asked, theirTarget);
        const [exported = synced] = await uv.exported(root, asked, [theirTarget]);
        const project = generated.members.find(
            ({ name }) => name === (asked.package ?? generated.members[0]?.name),
        );
        const theirs = withoutProject(synced, project);
        if (ours.refuses === undefined) {
            // `uv sync` looks for a Python that suits the groups of that name in every project, the chosen one or not.
            const isOthersRange =
                reasonOf(theirs) === "MANIFEST_TARGET" &&
                generated.members.some(
                    (member) =>
                        member !== project &&
                        asked.groups.some((group) => member.pythonGroups.includes(group)),
                );
            if (!isOthersRange) assert.deepEqual(ours, theirs, `uv sync: ${title}`);
            assert.deepEqual(ours, withoutProject(exported, project), `uv export: ${title}`);
            return "compared";
        }
        // uv plans two versions of one package for a few locks, and could not install both of them.
        if (
            !("refuses" in theirs) &&
            ours.refuses === "MANIFEST_SELECTION" &&
            hasTwoVersions(theirs.installs)
        )
            return "refused";
        assert.ok(
            "refuses" in theirs,
            `${title}: ${JSON.stringify(ours)}, and uv installs ${JSON.stringify(theirs)}`,
        );
        if (ours.refuses === reasonOf(theirs)) return "refused";
        // Where the target is wrong as well, we say so first, and uv of the conflict.
        const unconditional = await uv.synced(root, { ...asked, extras: [], groups: [] }, theirTarget);
        assert.equal(ours.refuses, reasonOf(unconditional), `${title}: ${theirs.refuses}`);
        return "refused";
    }
});

/** Whether a package is in a plan more than once: `alpha 1.0`, `alpha 2.0`. */
function hasTwoVersions(installs: readonly string[]): boolean {
    const names = installs.filter((item) => !item.startsWith("@ ")).map((item) => item.split(" ")[0]);
    return new Set(names).size < names.length;
}

const textsOf = ({ files }: Workspace): string =>
    Object.entries(files)
        .flatMap(([name, content]) => (typeof content === "string" ? [`# ${name}\n${content}`] : []))
        .join("\n");

async function write(root: string, files: Workspace["files"]): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(root, name)), { recursive: true });
        await writeFile(path.join(root, name), content);
    }
}

/** The code that we have for uv's refusal; its words where it is another one. */
function reasonOf(answer: Answer): string | undefined {
    if (!("refuses" in answer)) return undefined;
    if (
        /incompatible with the (?:declared )?conflicts|conflicting extra|multiple packages matching/i.test(
            answer.refuses,
        )
    )
        return "MANIFEST_SELECTION";
    return /incompatible with the project's Python requirement|supported environments|conflicting Python requirements/i.test(
        answer.refuses,
    )
        ? "MANIFEST_TARGET"
        : answer.refuses;
}

/** What we would install, as uv's answers have it; or the code of our refusal. */
function selected(
    file: ManifestFile,
    asked: Asked,
    target: Target,
): { installs?: string[]; refuses?: string } {
    const settings = { localPackages: true, allowSourceBuilds: [], ...asked };
    try {
        const { dependencies, doubts } = selectDependencies(parseManifest(file), settings, target);
        assert.deepEqual(doubts, []);
        const installs = dependencies.map(({ name, version, source }) =>
            source.type === "directory" ? `@ ${source.path}` : `${name} ${version}`,
        );
        return { installs: installs.sort() };
    } catch (error) {
        if (!isLayerError(error)) throw error;
        return error.code === "MANIFEST_EMPTY" ? { installs: [] } : { refuses: error.code };
    }
}

const withoutProject = (answer: Answer, project: Member | undefined): Answer =>
    "refuses" in answer
        ? answer
        : { installs: answer.installs.filter((item) => item !== `@ ${project?.folder}`) };
