import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { repository } from "../../scripts/cacheFolder";
import { generatedPages } from "../../scripts/generatedPages";
import { type Page, readPages } from "./markdown";

/** What an AWS call needs in a policy, by the SDK's command; a call that needs nothing has none. */
const actions: Readonly<Record<string, string>> = {
    PublishLayerVersion: "lambda:PublishLayerVersion",
    ListLayerVersions: "lambda:ListLayerVersions",
    GetLayerVersion: "lambda:GetLayerVersion",
    DeleteLayerVersion: "lambda:DeleteLayerVersion",
    AddLayerVersionPermission: "lambda:AddLayerVersionPermission",
    RemoveLayerVersionPermission: "lambda:RemoveLayerVersionPermission",
    GetLayerVersionPolicy: "lambda:GetLayerVersionPolicy",
    GetObject: "s3:GetObject",
    HeadObject: "s3:GetObject",
    PutObject: "s3:PutObject",
    DeleteObject: "s3:DeleteObject",
    DeleteObjects: "s3:DeleteObject",
    HeadBucket: "s3:ListBucket",
    ListObjectsV2: "s3:ListBucket",
    GetCallerIdentity: "",
};

describe("the pages", function () {
    this.timeout(60_000);
    let pages: Page[];
    before(async () => {
        pages = await readPages();
    });

    it("that are generated are what `npm run docs` makes now", async () => {
        for (const [path, text] of await generatedPages()) {
            assert.equal(await readFile(path, "utf8"), text, `${path} is stale: run \`npm run docs\``);
        }
    });

    it("link to pages and headings that there are", async () => {
        const broken: string[] = [];
        for (const { path, text } of pages) {
            for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
                if (/^https?:/.test(target)) continue;
                const [file = "", anchor] = target.split("#");
                const linked = file === "" ? path : posix.join(dirname(path), file);
                const exists = await stat(join(repository, linked)).then(
                    () => true,
                    () => false,
                );
                const page = pages.find((each) => each.path === linked);
                if (
                    !exists ||
                    (anchor !== undefined && page !== undefined && !anchors(page).includes(anchor))
                ) {
                    broken.push(`${path}: ${target}`);
                }
            }
        }
        assert.deepEqual(broken, []);
    });

    it("tell of every argument of aws.lambda.LayerVersion what becomes of it", async () => {
        const types = join(repository, "node_modules", "@pulumi", "aws", "lambda", "layerVersion.d.ts");
        const [, declared = ""] = (await readFile(types, "utf8")).split("export interface LayerVersionArgs");
        const names = [...declared.matchAll(/^ {4}(\w+)\??: /gm)].map(([, name = ""]) => name);
        assert.ok(names.length > 8);
        const guide = pages.find(({ path }) => path.endsWith("from-layer-version.md"))?.text ?? "";
        const [, table = ""] = guide.split("## Argument by argument");
        assert.deepEqual(
            names.filter((name) => !table.includes(`\`${name}`)),
            [],
        );
    });

    it("name in the policy what the calls to AWS need", async () => {
        const readme = pages.find(({ path }) => path === "README.md")?.text ?? "";
        const called = new Set<string>();
        for (const { text } of await sources()) {
            for (const [, command, paginated] of text.matchAll(/new (\w+)Command\(|\bpaginate(\w+)\(/g)) {
                called.add(command ?? paginated ?? "");
            }
        }
        assert.ok(called.size > 8);
        for (const call of called) {
            const action = actions[call];
            assert.ok(action !== undefined, `${call} is not in this test's table`);
            assert.ok(readme.includes(action), `the README names no ${action}, which ${call} needs`);
        }
    });
});

/** The anchors that GitHub gives a page's headings. */
const anchors = ({ text }: Page): string[] =>
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
        heading
            .toLowerCase()
            .replace(/[^\p{L}\p{N}\s_-]/gu, "")
            .replace(/\s/g, "-"),
    );

async function sources(): Promise<{ readonly path: string; readonly text: string }[]> {
    const names = await readdir(join(repository, "provider"), { recursive: true });
    const paths = names.filter((name) => name.endsWith(".ts")).map((name) => `provider/${name}`);
    return Promise.all(
        paths.map(async (path) => ({ path, text: await readFile(join(repository, path), "utf8") })),
    );
}
