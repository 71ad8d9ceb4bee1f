import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../scripts/cacheFolder";
import { runCommand } from "../scripts/command";
import type { PythonTools } from "../scripts/pythonTools";
import { asObject } from "./measure";
import type { OwnPackage } from "./ownPackage";
import type { Installed, RivalTools } from "./rivalTools";

/** The versions of everything that takes part, by name. What can't be asked is left out. */
export async function findVersions(context: {
    readonly own: OwnPackage;
    readonly rivals: RivalTools;
    readonly python: PythonTools;
    /** The executable. */
    readonly pulumi: string;
}): Promise<Record<string, string>> {
    const { own, rivals, python, pulumi } = context;
    const found: Record<string, string | undefined> = {
        "pulumi-lambda-layer": await packageVersion(join(own.folder, "unpacked")),
        "@aws-sdk/client-s3": await packageVersion(join(repository, "node_modules", "@aws-sdk", "client-s3")),
        pulumi: await firstNumber(pulumi, ["version"]),
        python: await firstNumber(python.python, ["--version"]),
        uv: await firstNumber(python.uv, ["--version"]),
        zip: await firstNumber("zip", ["-v"]),
        ministack: await distributionVersion({ path: python.ministack }, "ministack"),
    };
    const ofSeed = ["aws-lambda-artifact-builder", "boto3", "pip"];
    for (const name of ofSeed) found[name] = await distributionVersion(rivals.seed, name);
    found["aws-sam-cli"] = await distributionVersion(rivals.sam, "aws-sam-cli");
    if ("path" in rivals.serverless) {
        for (const name of ["serverless", "serverless-python-requirements"]) {
            found[name] = await packageVersion(join(rivals.serverless.path, "node_modules", name));
        }
    }
    const known = Object.entries(found).flatMap(([name, version]) =>
        version === undefined ? [] : [[name, version] as const],
    );
    return Object.fromEntries(known);
}

async function packageVersion(folder: string): Promise<string | undefined> {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    const version = text === undefined ? undefined : asObject(JSON.parse(text))["version"];
    return typeof version === "string" ? version : undefined;
}

async function distributionVersion(installed: Installed, name: string): Promise<string | undefined> {
    if ("unavailable" in installed) return undefined;
    const program = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`;
    return firstNumber(installed.path, ["-c", program]);
}

async function firstNumber(command: string, args: readonly string[]): Promise<string | undefined> {
    const result = await runCommand(command, args).catch(() => undefined);
    return result?.exitCode === 0 ? /(?:^|[^.\d])(\d+\.\d+(?:\.\w+)*)/.exec(result.output)?.[1] : undefined;
}
