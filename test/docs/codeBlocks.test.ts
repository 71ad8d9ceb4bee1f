import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import { repository } from "../../scripts/cacheFolder";
import { type CodeBlock, type Page, readPages } from "./markdown";

/** What a block may use without saying so: pages show it once, and go on from there. */
const preludes: readonly (readonly [uses: RegExp, declares: RegExp, line: string])[] = [
    [/\baws\./, /\* as aws\b/, 'import * as aws from "@pulumi/aws";'],
    [/\bpulumi\./, /\* as pulumi\b/, 'import * as pulumi from "@pulumi/pulumi";'],
    ...["PythonLayer", "LayerVersion", "LambdaLayerProvider"].map(
        (name) =>
            [
                new RegExp(`\\b(?<!\\.)${name}\\b`),
                new RegExp(`import .*\\b${name}\\b`),
                `import { ${name} } from "pulumi-lambda-layer";`,
            ] as const,
    ),
];
const bucket = 'const artifacts = new aws.s3.Bucket("artifacts");';

/** A block as a program of its own. */
function programOf({ text }: CodeBlock): string {
    const own = /\bartifacts\./.test(text) && !/const artifacts\b/.test(text) ? `${bucket}\n${text}` : text;
    const lines = preludes.flatMap(([uses, declares, line]) =>
        uses.test(own) && !declares.test(own) ? [line] : [],
    );
    return [...lines, own, "export {};", ""].join("\n");
}

describe("the code in the pages", function () {
    this.timeout(120_000);
    let pages: Page[];
    let blocks: CodeBlock[];

    before(async () => {
        pages = await readPages();
        blocks = pages.flatMap((page) => page.blocks);
    });

    const inLanguage = (...languages: readonly string[]) =>
        blocks.filter(({ language }) => languages.includes(language));

    it("is in no language that nobody runs", () => {
        const known = new Set(["", "ts", "js", "sh", "console", "json", "mermaid", "python"]);
        assert.deepEqual(
            blocks.filter(({ language }) => !known.has(language)).map(({ place }) => place),
            [],
        );
    });

    it("compiles, strictly, against what the package exports", () => {
        const programs = new Map(
            inLanguage("ts").map((block, index) => [
                join(repository, "docs", `block${index}.ts`),
                { block, text: programOf(block) },
            ]),
        );
        assert.ok(programs.size > 5);
        assert.deepEqual(compile(programs), []);
    });

    it("makes its resources, on Pulumi's mocks", async () => {
        for (const block of inLanguage("ts")) await runOnMocks(block);
    });

    it("is JavaScript where it says so, to be put into a program", () => {
        for (const { text, place } of inLanguage("js")) {
            const { diagnostics } = ts.transpileModule(`(async () => {${text}\n})`, {
                reportDiagnostics: true,
                compilerOptions: { target: ts.ScriptTarget.ES2022 },
            });
            assert.deepEqual(
                diagnostics?.map(({ messageText }) => messageText),
                [],
                place,
            );
        }
    });

    it("is JSON where it says so", () => {
        for (const { text, place } of inLanguage("json")) {
            assert.doesNotThrow(() => JSON.parse(text), place);
        }
    });
});

function compile(
    programs: ReadonlyMap<string, { readonly block: CodeBlock; readonly text: string }>,
): string[] {
    const { config } = ts.readConfigFile(join(repository, "tsconfig.json"), ts.sys.readFile);
    const names = [...programs.keys()];
    const { options } = ts.parseJsonConfigFileContent(
        { ...config, files: names, include: [] },
        ts.sys,
        repository,
    );
    // A block need not use what it makes.
    const lenient = { noUnusedLocals: false, baseUrl: repository };
    const paths = { "pulumi-lambda-layer": ["provider/index.ts"] };
    const all = { ...options, ...lenient, paths };
    const host = ts.createCompilerHost(all);
    const { fileExists, readFile } = host;
    host.fileExists = (name) => programs.has(name) || fileExists(name);
    host.readFile = (name) => programs.get(name)?.text ?? readFile(name);
    const program = ts.createProgram(names, all, host);
    return names.flatMap((name) => {
        const source = program.getSourceFile(name);
        const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
        return found.map(
            ({ messageText }) =>
                `${programs.get(name)?.block.place}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
        );
    });
}

/** Runs a block, and waits until every resource of this package that it makes has been registered. */
async function runOnMocks(block: CodeBlock): Promise<void> {
    const made: string[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs }) => {
                made.push(type);
                return { id: `${name}-id`, state: { ...inputs, bucket: name } };
            },
            call: ({ inputs }) => inputs,
        },
        "shop",
        "prod",
    );
    const { outputText } = ts.transpileModule(programOf(block), {
        compilerOptions: {
            module: ts.ModuleKind.CommonJS,
            target: ts.ScriptTarget.ES2022,
            esModuleInterop: true,
        },
    });
    const requireFor = (name: string): unknown =>
        name === "pulumi-lambda-layer" ? require("../../provider") : require(name);
    const exported: Record<string, unknown> = {};
    new Function("require", "exports", outputText)(requireFor, exported);
    const expected = [...block.text.matchAll(/new (?:PythonLayer|LayerVersion|LambdaLayerProvider)\(/g)]
        .length;
    const isOurs = (type: string) => /pulumi-nodejs/.test(type);
    for (let turn = 0; made.filter(isOurs).length < expected && turn < 200; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(made.filter(isOurs).length >= expected, `${block.place} made ${made.join(", ")}`);
}
