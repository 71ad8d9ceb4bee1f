import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCore } from "../../core";
import { type LocalServer, startServer } from "../build/localServer";
import { layerZip, settingsFor, uniqueName } from "../emulatedAws";

/** An AWS that lets a run come as far as its first question about a bucket, and remembers who asked. */
async function startAws(
    account: string,
): Promise<{ readonly server: LocalServer; readonly keys: Set<string> }> {
    const keys = new Set<string>();
    const server = await startServer((request, response) => {
        const [, key = ""] = /Credential=([^/]+)/.exec(String(request.headers.authorization)) ?? [];
        keys.add(key);
        if (request.method === "POST") {
            response.setHeader("content-type", "text/xml");
            response.end(
                `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
            );
            return;
        }
        response.statusCode = 404;
        response.setHeader("x-amz-request-id", "1");
        response.end();
    });
    return { server, keys };
}

describe("two hosts in one process", () => {
    let root: string;
    beforeEach(async () => {
        root = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
    });
    afterEach(() => rm(root, { recursive: true, force: true }));

    it("work at the same time in their own folders, environments and accounts, and share nothing", async () => {
        const hosts = await Promise.all(
            ["red", "blue"].map(async (name, position) => {
                const folder = join(root, name);
                await mkdir(folder);
                await writeFile(join(folder, "go.sum"), `${name}\n`);
                await writeFile(join(folder, "layer.zip"), layerZip(name));
                const { server, keys } = await startAws(`${position + 1}`.repeat(12));
                const core = openCore({
                    folder,
                    environment: { AWS_ACCESS_KEY_ID: `${name}-environment`, AWS_SECRET_ACCESS_KEY: "s" },
                    settings: settingsFor(server.origin, {
                        "aws:accessKey": `${name}-settings`,
                        "aws:region": position === 0 ? "eu-west-1" : "us-east-2",
                        "aws:maxRetries": "0",
                    }),
                });
                return { name, core, server, keys };
            }),
        );
        try {
            const layerName = uniqueName("deps");
            const outcomes = await Promise.all(
                hosts.map(async ({ core, name }) => {
                    const { layers, call } = core;
                    const { inputs, failures } = await layers.check(
                        call,
                        {},
                        {
                            // One owner: what one host has seen of it must not reach the other.
                            owner: "acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:LayerVersion::deps",
                            layerName,
                            manifest: "go.sum",
                            bucket: `${name}-artifacts`,
                            content: { zipFile: "layer.zip" },
                        },
                    );
                    assert.deepEqual(failures, []);
                    const message = await layers.create(call, inputs).then(
                        () => "created",
                        (error: unknown) => String(error),
                    );
                    return { region: inputs["region"], md5: inputs["manifestMd5"], message };
                }),
            );
            assert.deepEqual(
                outcomes.map(({ region }) => region),
                ["eu-west-1", "us-east-2"],
            );
            assert.notEqual(outcomes[0]?.md5, outcomes[1]?.md5);
            for (const [position, { name, keys }] of hosts.entries()) {
                assert.match(
                    outcomes[position]?.message ?? "",
                    new RegExp(`BUCKET_NOT_FOUND.*${name}-artifacts`),
                );
                assert.deepEqual([...keys], [`${name}-settings`]);
            }
            const [red, blue] = hosts.map(({ core }) => core.host.memory);
            assert.ok(red !== undefined && blue !== undefined && red !== blue);
        } finally {
            await Promise.all(hosts.map(({ server }) => server.close()));
        }
    });
});
