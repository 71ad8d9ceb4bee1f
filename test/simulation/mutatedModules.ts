import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import ts from "typescript";
import { repository } from "../../scripts/cacheFolder";

/** One line of the protocol, taken out or turned round. */
export interface Mutation {
    /** The rule that it belongs to, in words. */
    readonly rule: string;
    /** Below `provider/publish/`. */
    readonly file: string;
    /** Text that is in the file once. */
    readonly from: string;
    readonly to: string;
}

const publishFolder = path.join(repository, "provider", "publish");
const testFolder = path.join(repository, "test", "simulation");
const compiled = new Map<string, string>();

/**
 * Loads a module of this folder with one line of the protocol changed, and everything that it imports from this repository anew; packages
 * are shared.
 */
export function loadMutated<Exports>(entry: string, mutation: Mutation): Exports {
    const changed = path.join(publishFolder, mutation.file);
    const modules = new Map<string, { exports: unknown }>();
    const load = (file: string): unknown => {
        const known = modules.get(file);
        if (known !== undefined) {
            return known.exports;
        }
        const module = { exports: {} };
        modules.set(file, module);
        const source = readFileSync(file, "utf8");
        const text = file === changed ? mutate(source, mutation) : source;
        const requireFrom = createRequire(file);
        const run = new Function("exports", "require", "module", "__dirname", compile(text));
        run(
            module.exports,
            (name: string) =>
                name.startsWith(".") ? load(`${path.join(path.dirname(file), name)}.ts`) : requireFrom(name),
            module,
            path.dirname(file),
        );
        return module.exports;
    };
    return load(path.join(testFolder, entry)) as Exports;
}

function mutate(source: string, { file, from, to }: Mutation): string {
    const parts = source.split(from);
    if (parts.length !== 2) {
        throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
    }
    return parts.join(to);
}

function compile(source: string): string {
    const known = compiled.get(source);
    if (known !== undefined) {
        return known;
    }
    const { outputText } = ts.transpileModule(source, {
        compilerOptions: {
            target: ts.ScriptTarget.ES2022,
            module: ts.ModuleKind.CommonJS,
            esModuleInterop: true,
        },
    });
    compiled.set(source, outputText);
    return outputText;
}
