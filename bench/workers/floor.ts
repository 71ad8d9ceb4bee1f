import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { report, setting, timed } from "./report";

/**
 * The least that a warm create has to do, each part in the plainest way that is right for well-behaved wheels only: hash
 * the wheels, copy their entries into one zip, hash that, load the SDK, put the zip into S3, publish it.
 * Arguments: the wheels' paths.
 */
async function main(): Promise<void> {
    const wheels = process.argv.slice(2);
    const zip = resolve("floor.zip");
    const [, hashWheels] = await timed(() => Promise.all(wheels.map(sha256)));
    const [, splice] = await timed(() => copyEntries(wheels, zip));
    const [, hashZip] = await timed(() => sha256(zip));
    const [{ s3, lambda, PutObjectCommand, PublishLayerVersionCommand }, loadSdk] = await timed(loadClients);
    const [Bucket, Key] = [setting("BENCH_BUCKET"), "floor.zip"];
    const { size } = await stat(zip);
    const [, put] = await timed(() =>
        s3.send(new PutObjectCommand({ Bucket, Key, Body: createReadStream(zip), ContentLength: size })),
    );
    const [, publish] = await timed(() =>
        lambda.send(
            new PublishLayerVersionCommand({
                LayerName: setting("BENCH_LAYER"),
                Content: { S3Bucket: Bucket, S3Key: Key },
            }),
        ),
    );
    await report({ steps: { hashWheels, splice, hashZip, loadSdk, put, publish }, zip, zipBytes: size });
}

async function sha256(path: string): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
    return hash.digest("hex");
}

async function loadClients() {
    const { S3Client, PutObjectCommand } = await import("@aws-sdk/client-s3");
    const { LambdaClient, PublishLayerVersionCommand } = await import("@aws-sdk/client-lambda");
    const common = { credentials: { accessKeyId: "test", secretAccessKey: "test" } };
    return {
        s3: new S3Client({ ...common, forcePathStyle: true }),
        lambda: new LambdaClient(common),
        PutObjectCommand,
        PublishLayerVersionCommand,
    };
}

/** Copies all entries below `python/`; https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT has the offsets. */
async function copyEntries(wheels: readonly string[], destination: string): Promise<void> {
    const entries: { readonly name: string; readonly central: Buffer; readonly local: Buffer[] }[] = [];
    for (const bytes of await Promise.all(wheels.map((path) => readFile(path)))) {
        const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
        let at = bytes.readUInt32LE(end + 16);
        for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
            const nameLength = bytes.readUInt16LE(at + 28);
            const header = bytes.subarray(at, at + 46);
            const name = Buffer.concat([
                Buffer.from("python/"),
                bytes.subarray(at + 46, at + 46 + nameLength),
            ]);
            const offset = header.readUInt32LE(42);
            const data = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
            const central = Buffer.concat([header, name]);
            central.writeUInt16LE(name.length, 28);
            central.writeUInt32LE(0, 30);
            const local = Buffer.alloc(30);
            local.writeUInt32LE(0x04034b50, 0);
            header.copy(local, 4, 6, 28);
            local.writeUInt16LE(name.length, 26);
            const content = bytes.subarray(data, data + header.readUInt32LE(20));
            entries.push({ name: name.toString("latin1"), central, local: [local, name, content] });
            at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
        }
    }
    entries.sort((left, right) => (left.name < right.name ? -1 : 1));
    let offset = 0;
    for (const { central, local } of entries) {
        central.writeUInt32LE(offset, 42);
        offset += local.reduce((sum, { length }) => sum + length, 0);
    }
    const directory = Buffer.concat(entries.map(({ central }) => central));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(entries.length, 8);
    end.writeUInt16LE(entries.length, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(offset, 16);
    await writeFile(destination, Buffer.concat([...entries.flatMap(({ local }) => local), directory, end]));
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
