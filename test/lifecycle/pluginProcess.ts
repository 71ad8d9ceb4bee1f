import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import type { Patience } from "../../provider/aws/session";
import { compileCache } from "../../scripts/pulumiProject";
import { compiledPackage } from "../unit/provider/compiledPackage";

/** The provider in a process of its own, as the engine runs it: it can be killed at any moment. */
export interface PluginProcess {
    readonly hooks: Required<dynamic.ResourceProvider>;
    readonly child: ChildProcess;
    /** Everything that it printed. */
    readonly output: string[];
    /** Sends it to another AWS, as the engine does when it starts one. */
    configure(settings: Readonly<Record<string, string>>, patience?: Patience): Promise<void>;
    end(): Promise<void>;
}

/** What the process runs: it answers one message after the other with what a hook gives or throws. */
const program = `
const lib = process.argv[2];
const { createAwsSession } = require(lib + "/aws/session.js");
const { createProvider } = require(lib + "/dynamic/provider.js");
let provider;
// What the hooks would load when they are first called: a test that waits for them need not.
for (const name of ["create", "read", "update", "delete", "pythonArchive", "aws/clients"]) {
    require(lib + "/" + name + ".js");
}
process.on("message", ({ number, hook, args }) => {
    if (hook === "configure") {
        const [settings, patience] = args;
        const session = createAwsSession((key) => settings[key], process.env, patience);
        provider = createProvider(process, () => session);
        process.send({ number, result: {} });
        return;
    }
    Promise.resolve(provider[hook](...args)).then(
        (result) => process.send({ number, result: result ?? {} }),
        (error) => process.send({ number, error: { ...error, message: error.message } }),
    );
});
`;

/** Starts one in a folder. */
export async function startPlugin(
    folder: string,
    settings: Readonly<Record<string, string>>,
    patience: Patience = {},
    environment: Readonly<Record<string, string>> = {},
): Promise<PluginProcess> {
    const compiled = await compiledPackage();
    const scratch = await mkdtemp(path.join(tmpdir(), "pulumi-lambda-layer-plugin-"));
    const script = path.join(scratch, "plugin.js");
    await writeFile(script, program);
    const child = fork(script, [path.join(compiled.folder, "node_modules/pulumi-lambda-layer/lib")], {
        cwd: folder,
        execArgv: [],
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        env: { ...process.env, ...compileCache(process.env), ...environment },
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (text: Buffer) => output.push(text.toString("utf8")));
    }
    const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
    let number = 0;
    let gone: Error | undefined;
    child.on("message", (message: { number: number; result?: never; error?: { message: string } }) => {
        const call = waiting.get(message.number);
        waiting.delete(message.number);
        if (message.error !== undefined) {
            call?.reject(Object.assign(new Error(message.error.message), message.error));
        } else {
            call?.resolve(message.result as never);
        }
    });
    const ended = new Promise<void>((resolve) => {
        child.on("exit", (code, signal) => {
            gone = new Error(`the plugin ended with ${signal ?? code}`);
            for (const call of waiting.values()) {
                call.reject(gone);
            }
            resolve();
        });
    });
    const call = (hook: string, ...args: readonly unknown[]): Promise<never> =>
        new Promise((resolve, reject) => {
            if (gone !== undefined) {
                reject(gone);
                return;
            }
            number += 1;
            waiting.set(number, { resolve, reject });
            child.send({ number, hook, args });
        });
    const configure = (given: Readonly<Record<string, string>>, more: Patience = {}): Promise<void> =>
        call("configure", given, more);
    await configure(settings, patience);
    return {
        hooks: {
            configure: async () => undefined,
            check: (olds, news) => call("check", olds, news),
            diff: (id, olds, news) => call("diff", id, olds, news),
            create: (inputs) => call("create", inputs),
            read: (id, props) => call("read", id, props),
            update: (id, olds, news) => call("update", id, olds, news),
            delete: (id, props) => call("delete", id, props),
        },
        child,
        output,
        configure,
        end: async () => {
            child.kill("SIGKILL");
            await ended;
            await rm(scratch, { recursive: true, force: true });
        },
    };
}
