import { join } from "node:path";
import ts from "typescript";
import { repository } from "./cacheFolder";

/** What a table has a row of. */
interface Member {
    readonly name: string;
    readonly type: string;
    readonly text: string;
}

/** Classes first, each with its arguments; then the types that they refer to. */
const classes = [
    { name: "PythonLayer", args: "PythonLayerArgs" },
    { name: "LayerVersion", args: "LayerVersionArgs" },
    { name: "LambdaLayerProvider", args: "LambdaLayerProviderArgs" },
] as const;
const types = ["PackageIndex", "LayerVersionContent", "AssumeRoleArgs", "Architecture"] as const;

/** Types of values that have a heading of their own. */
const named: ReadonlySet<string> = new Set(["Architecture", "ErrorCode"]);

/** `docs/reference.md`: what `provider/index.ts` exports, from its doc comments. Throws where one is missing. */
export function referencePage(): string {
    const root = join(repository, "provider", "index.ts");
    const { config } = ts.readConfigFile(join(repository, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(
        { ...config, files: [root], include: [] },
        ts.sys,
        repository,
    );
    const program = ts.createProgram([root], options);
    const reader = new Reader(program.getTypeChecker());
    const source = program.getSourceFile(root);
    if (source === undefined) throw new Error(`${root} can't be read.`);
    const exported = reader.exports(source);
    const covered = new Set<string>();
    const take = (name: string): ts.Symbol => {
        const symbol = exported.get(name);
        if (symbol === undefined) throw new Error(`provider/index.ts exports no ${name}.`);
        covered.add(name);
        return symbol;
    };
    const lines = [
        "# Reference",
        "",
        "Generated from the doc comments by `npm run docs`. A `?` marks what may be left out. Every argument also takes an",
        "`Output`, and every output is one.",
    ];
    covered.add("LayerArgs");
    for (const { name, args } of classes) {
        lines.push("", `## ${name}`, "", ...reader.text(take(name)));
        lines.push("", "### Arguments", "", ...table(reader.members(take(args))));
        const outputs = reader.outputs(take(name));
        if (outputs.length > 0) {
            lines.push("", "### Outputs", "", "Beside the arguments:", "", ...table(outputs));
        }
    }
    lines.push("", "## Types");
    for (const name of types) {
        const symbol = take(name);
        lines.push("", `### ${name}`, "", ...reader.text(symbol));
        const values = reader.literals(symbol);
        if (values.length > 0) lines.push("", values.map((value) => `\`"${value}"\``).join(" or "));
        for (const members of reader.alternatives(symbol)) lines.push("", ...table(members));
    }
    lines.push(
        "",
        "## Errors",
        "",
        "### LayerError",
        "",
        ...reader.text(take("LayerError")),
        "",
        ...table(reader.members(take("LayerError"))),
    );
    lines.push("", "### isLayerError", "", ...reader.text(take("isLayerError")));
    lines.push("", "### ErrorCode", "", ...reader.text(take("ErrorCode")), "");
    lines.push(
        ...reader
            .literals(take("ErrorCode"))
            .map((code) => `- [\`${code}\`](troubleshooting.md#${code.toLowerCase()})`),
    );
    const left = [...exported.keys()].filter((name) => !covered.has(name));
    if (left.length > 0) throw new Error(`The reference has no place for ${left.join(", ")}.`);
    return `${lines.join("\n")}\n`;
}

const table = (members: readonly Member[]): string[] => [
    "| name | type | meaning |",
    "|---|---|---|",
    ...members.map(({ name, type, text }) => `| \`${name}\` | ${type} | ${text} |`),
];

/** Reads symbols of a program as Markdown. */
class Reader {
    constructor(private readonly checker: ts.TypeChecker) {}

    exports(source: ts.SourceFile): Map<string, ts.Symbol> {
        const module = this.checker.getSymbolAtLocation(source);
        const found = module === undefined ? [] : this.checker.getExportsOfModule(module);
        return new Map(
            found.map((symbol) => [
                symbol.name,
                symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol,
            ]),
        );
    }

    /** The doc comment, in lines. */
    text(symbol: ts.Symbol): string[] {
        const text = this.comment(symbol);
        if (text === "") throw new Error(`${symbol.name} has no doc comment.`);
        return text.split("\n");
    }

    /** The public properties of an interface or class, inherited ones of this package last; none of Pulumi's own. */
    members(symbol: ts.Symbol): Member[] {
        return this.properties(symbol)
            .filter(({ name }) => name !== "isInstance")
            .map((property) => this.member(property));
    }

    /** The outputs that a resource class declares. */
    outputs(symbol: ts.Symbol): Member[] {
        return this.properties(symbol)
            .filter((property) => declarationOf(property).getText().includes("declare readonly"))
            .map((property) => this.member(property));
    }

    /** The members of an object type, or of each alternative of a union; nothing of a union of literals. */
    alternatives(symbol: ts.Symbol): Member[][] {
        const declaration = symbol.declarations?.[0];
        if (declaration === undefined || !ts.isTypeAliasDeclaration(declaration))
            return [this.members(symbol)];
        const { type } = declaration;
        const parts: readonly ts.TypeNode[] = ts.isUnionTypeNode(type) ? type.types : [type];
        return parts.filter(ts.isTypeLiteralNode).map((part) =>
            part.members.flatMap((member) => {
                const found = member.name && this.checker.getSymbolAtLocation(member.name);
                return found === undefined ? [] : [this.member(found)];
            }),
        );
    }

    literals(symbol: ts.Symbol): string[] {
        const type = this.checker.getDeclaredTypeOfSymbol(symbol);
        return type.isUnion()
            ? type.types.flatMap((part) => (part.isStringLiteral() ? [part.value] : []))
            : [];
    }

    private properties(symbol: ts.Symbol): ts.Symbol[] {
        const type = this.checker.getDeclaredTypeOfSymbol(symbol);
        const own = new Set(symbol.declarations);
        const found = this.checker.getPropertiesOfType(type).filter((property) => {
            const { fileName } = declarationOf(property).getSourceFile();
            return fileName.startsWith(join(repository, "provider")) && !this.isHidden(property);
        });
        const isOwn = (property: ts.Symbol) => own.has(declarationOf(property).parent as ts.Declaration);
        return [...found.filter(isOwn), ...found.filter((property) => !isOwn(property))];
    }

    private isHidden(property: ts.Symbol): boolean {
        return property.getJsDocTags(this.checker).some(({ name }) => name === "internal");
    }

    private member(property: ts.Symbol): Member {
        const declaration = declarationOf(property);
        if (!ts.isPropertySignature(declaration) && !ts.isPropertyDeclaration(declaration)) {
            throw new Error(`${property.name} is no property.`);
        }
        const comment = this.comment(property);
        if (comment === "") throw new Error(`${property.name} has no doc comment.`);
        return {
            name: `${property.name}${declaration.questionToken === undefined ? "" : "?"}`,
            type: `\`${this.typeText(declaration.type).replace(/\|/g, "\\|")}\``,
            text: comment.replace(/\s*\n\s*/g, " ").replace(/\|/g, "\\|"),
        };
    }

    /** A type as it is written, with the names of what the package does not export replaced by what they stand for. */
    private typeText(node: ts.TypeNode | undefined): string {
        let text = plainType(node?.getText() ?? "");
        const visit = (each: ts.Node): void => {
            if (ts.isTypeReferenceNode(each) && /^[A-Z]\w*$/.test(each.typeName.getText())) {
                const type = this.checker.getTypeFromTypeNode(each);
                const values = type.isUnion()
                    ? type.types.flatMap((part) => (part.isStringLiteral() ? [part.value] : []))
                    : [];
                const name = each.typeName.getText();
                if (values.length > 0 && !named.has(name)) {
                    text = text.replace(name, values.map((value) => JSON.stringify(value)).join(" | "));
                }
            }
            ts.forEachChild(each, visit);
        };
        if (node !== undefined) visit(node);
        return text;
    }

    private comment(symbol: ts.Symbol): string {
        return ts
            .displayPartsToString(symbol.getDocumentationComment(this.checker))
            .replace(/\{@link ([^}\s]+)\s*\}/g, (_link, name: string) => `\`${name}\``)
            .trim();
    }
}

function declarationOf(symbol: ts.Symbol): ts.Declaration {
    const declaration = symbol.declarations?.[0];
    if (declaration === undefined) throw new Error(`${symbol.name} is declared nowhere.`);
    return declaration;
}

/** A type without Pulumi's wrappers, which all arguments and outputs have. */
export function plainType(text: string): string {
    let before: string;
    let plain = text.replace(/\s+/g, " ");
    do {
        before = plain;
        plain = plain
            .replace(
                /pulumi\.(?:Input|Output)<((?:[^<>]|<[^<>]*>)*)>(\[\])/g,
                (_match, inner: string, list: string) =>
                    inner.includes("|") ? `(${inner})${list}` : `${inner}${list}`,
            )
            .replace(/pulumi\.(?:Input|Output)<((?:[^<>]|<[^<>]*>)*)>/g, "$1");
    } while (plain !== before);
    return plain.replace(/ \| undefined\b/g, "");
}
