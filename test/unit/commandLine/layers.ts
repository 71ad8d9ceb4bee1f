import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLayerVersionArn } from "../../../provider/layerVersionArn";
import { openCore } from "../../core";
import { type LocalServer, startServer } from "../build/localServer";
import { region, settingsFor } from "../emulatedAws";
import { lockText, wheelOf, wheelPath } from "../lockedWheels";

/** A package as a test wants it: one module of that many bytes. */
export interface SamplePackage {
    readonly name: string;
    readonly version: string;
    /** Bytes of its module. */
    readonly size?: number;
}

/** A wheel whose bytes follow from its name, version and size. */
export const layerWheel = ({ name, version, size = 100 }: SamplePackage): Buffer =>
    wheelOf(name, version, { name: `${name}.py`, content: "#".repeat(size) });

/** The folder of a project, and an index that serves its wheels. */
export interface SampleProject {
    readonly folder: string;
    readonly origin: string;
    /** Makes the lock say these packages, of which the `dev` ones are in the group of that name. */
    readonly lock: (packages: readonly SamplePackage[], dev?: readonly SamplePackage[]) => Promise<string>;
    readonly remove: () => Promise<void>;
}

/** Starts a project. While it is there, the cache of wheels is a folder of its own. */
export async function startProject(): Promise<SampleProject> {
    const folder = await mkdtemp(join(tmpdir(), "command-line-"));
    const wheels = new Map<string, Buffer>();
    const server: LocalServer = await startServer((request, response) => {
        const wheel = wheels.get(request.url ?? "");
        response.writeHead(wheel === undefined ? 404 : 200).end(wheel);
    });
    const cacheBefore = process.env["XDG_CACHE_HOME"];
    process.env["XDG_CACHE_HOME"] = join(folder, "cache");
    const serve = (sample: SamplePackage) => {
        const wheel = layerWheel(sample);
        wheels.set(wheelPath(sample), wheel);
        return { ...sample, wheel };
    };
    return {
        folder,
        origin: server.origin,
        lock: async (packages, dev = []) => {
            const text = lockText(server.origin, packages.map(serve), dev.map(serve));
            await writeFile(join(folder, "uv.lock"), text);
            return text;
        },
        remove: async () => {
            if (cacheBefore === undefined) delete process.env["XDG_CACHE_HOME"];
            else process.env["XDG_CACHE_HOME"] = cacheBefore;
            await server.close();
            await rm(folder, { recursive: true, force: true });
        },
    };
}

/** Publishes as `pulumi up` does, for a resource of that name, and answers the version's ARN and number. */
export async function publishWith(
    endpoint: string,
    resource: string,
    args: Readonly<Record<string, unknown>>,
): Promise<{ readonly arn: string; readonly version: number }> {
    const { layers, call } = openCore({ settings: settingsFor(endpoint) });
    const { inputs, failures } = await layers.check(
        call,
        {},
        {
            resourceType: "PythonLayer",
            owner: `acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::${resource}`,
            pythonVersion: "3.13",
            region,
            ...args,
        },
    );
    if (failures.length > 0) {
        throw new Error(failures.map(({ reason }) => reason).join("\n"));
    }
    const { id } = await layers.create(call, inputs);
    return { arn: id, version: parseLayerVersionArn(id).version };
}

/** Credentials in the environment, where the command line finds them, for the tests of one `describe`. */
export function useTestCredentials(): void {
    const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    const given = names.map((name) => [name, process.env[name]] as const);
    before(() => {
        for (const name of names) process.env[name] = "test";
    });
    after(() => {
        for (const [name, value] of given) {
            if (value === undefined) delete process.env[name];
            else process.env[name] = value;
        }
    });
}

/** The options that send a command to an emulator. */
export const toEmulator = (endpoint: string): string[] => ["--endpoint-url", endpoint, "--region", region];
