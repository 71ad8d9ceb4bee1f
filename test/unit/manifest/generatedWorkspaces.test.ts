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
import { type Architecture, type Target, targetFor } from "../../../provider/target";
import { workspace } from "./generatedWorkspace";
import { type Answer, type Asked, startUvSelection, type UvSelection } from "./uvSelection";
import type { Member, Workspace } from "./workspaceFiles";

/** Workspaces that are generated; about half of them have a solution and are compared. More of them, each time others: set it. */
const runs = Number(process.env["PLL_WORKSPACES"] ?? 40);
const fixed = process.env["PLL_WORKSPACES"] === undefined ? { seed: 20261130 } : {};

interface Question {
    readonly asked: Asked;
    readonly minor: string;
    readonly architecture: Architecture;
}

const questionsOf = ({ members, root, rootGroups }: Workspace): fc.Arbitrary<Question[]> => {
    const ofMember = (member: Member, isNamed: boolean): fc.Arbitrary<Question> =>
        fc.record({
            asked: fc.record({
                extras: fc.subarray([...member.extras]),
                groups: fc.subarray([...new Set([...member.groups, ...rootGroups, ...inherited(member)])]),
                ...(isNamed ? { package: fc.constant(member.name) } : {}),
            }),
            minor: fc.constantFrom("3.10", "3.11", "3.12", "3.13", "3.14"),
            architecture: fc.constantFrom("x86_64" as const, "arm64" as const),
        });
    const inherited = (member: Member) =>
        root === "project" && member !== members[0] ? (members[0]?.groups ?? []) : [];
    const [first] = members;
    return fc.array(
        fc.oneof(
            ...members.map((member) => ofMember(member, true)),
            ...(first === undefined ? [] : [ofMember(first, false)]),
        ),
        { minLength: 3, maxLength: 6 },
    );
};

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

    it("give what uv installs and exports, for any choice and target", async () => {
        const counts = { locked: 0, compared: 0, refused: 0 };
        const cases = workspace.chain((generated) =>
            fc.record({ generated: fc.constant(generated), questions: questionsOf(generated) }),
        );
        await fc.assert(
            fc.asyncProperty(cases, async ({ generated, questions }) => {
                const root = await mkdtemp(path.join(folder, "workspace-"));
                try {
                    await write(root, generated.files);
                    if (!(await uv.lock(root))) return;
                    counts.locked += 1;
                    const file = await readManifest("uv.lock", { folder: root });
                    assert.equal(await findStaleness(file), undefined);
                    for (const question of questions) {
                        const answer = await compare(root, file, generated, question);
                        counts[answer] += 1;
                    }
                } catch (error) {
                    if (process.env["PLL_KEEP"] !== undefined)
                        await rm(process.env["PLL_KEEP"], { recursive: true, force: true });
                    if (process.env["PLL_KEEP"] !== undefined)
                        await (await import("node:fs/promises")).cp(root, process.env["PLL_KEEP"], {
                            recursive: true,
                        });
                    throw error;
                } finally {
                    await rm(root, { recursive: true });
                }
            }),
            { numRuns: runs, ...fixed, endOnFailure: true },
        );
        console.log(counts);
        assert.ok(counts.locked >= runs / 4 && counts.refused > 0, JSON.stringify(counts));
    });

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
            assert.deepEqual(ours, theirs, `uv sync: ${title}`);
            assert.deepEqual(ours, withoutProject(exported, project), `uv export: ${title}`);
            return "compared";
        }
        assert.ok(
            "refuses" in theirs,
            `${title}: ${JSON.stringify(ours)}, and uv installs ${JSON.stringify(theirs)}`,
        );
        const expected =
            /incompatible with the (?:declared )?conflicts|conflicting extra|multiple packages matching/i.test(
                theirs.refuses,
            )
                ? "MANIFEST_SELECTION"
                : /incompatible with the project's Python requirement|supported environments|not compatible with the group|requires-python/i.test(
                        theirs.refuses,
                    )
                  ? "MANIFEST_TARGET"
                  : theirs.refuses;
        assert.equal(ours.refuses, expected, title);
        return "refused";
    }
});

async function write(root: string, files: Workspace["files"]): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(root, name)), { recursive: true });
        await writeFile(path.join(root, name), content);
    }
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
