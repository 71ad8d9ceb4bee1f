import path from "node:path";
import { type Call, type Command, jsonOption, layerOptions, writeJson, writeLines } from "./command";
import type { Contents } from "./contents";
import { type Options, UsageError } from "./options";
import { isVersionText, splitAddress } from "./versionArguments";

export const sizeCommand: Command = {
    name: "size",
    summary: "What takes the room in a layer, package by package",
    usage: [
        "<zip> [options]",
        "<version> --bucket <bucket> --layer <name> [options]",
        "<version> s3://<bucket>/<prefix> [options]",
    ],
    details: [
        "Sizes are those once unpacked, which is what Lambda's limit of 262,144,000 bytes counts: a function and all its layers together. A version without a record of its packages is downloaded from Lambda and looked into.",
    ],
    options: [
        ...layerOptions,
        { name: "all", short: "a", text: "every package, not only the largest" },
        jsonOption,
    ],
    examples: [
        { line: "size layer.zip", text: "a zip on this machine, whoever made it" },
        { line: "size latest --bucket artifacts --layer shop-prod-deps", text: "the newest version" },
    ],
    run: runSize,
};

async function runSize(call: Call): Promise<void> {
    const { address, rest } = splitAddress(call.positionals);
    const [subject] = rest;
    if (subject === undefined || rest.length > 1) {
        throw new UsageError(`size takes one zip or one version, and was given ${rest.length}.`);
    }
    const { terminal, options } = call;
    const named = address !== undefined || isLayerNamed(options);
    if (isVersionText(subject) && !named) {
        throw new UsageError(`${subject} is a version: of which layer? Give --bucket and --layer.`);
    }
    if (!isVersionText(subject) && named) {
        throw new UsageError(`${JSON.stringify(subject)} is no version: give a number, or latest.`);
    }
    const contents = isVersionText(subject)
        ? await ofVersion(call, subject, address)
        : await ofZip(call, subject);
    if (options.flag("json")) {
        writeJson(terminal, contents);
        return;
    }
    const { renderContents } = await import("./contents");
    writeLines(terminal, renderContents(contents, terminal, options.flag("all")));
}

const isLayerNamed = (options: Options): boolean =>
    ["bucket", "layer", "prefix"].some((name) => options.text(name) !== undefined);

async function ofZip({ terminal, signal }: Call, zip: string): Promise<Contents> {
    const { readLayerZip } = await import("./layerZip");
    return { name: zip, ...(await readLayerZip(path.resolve(terminal.folder, zip), zip, signal)) };
}

async function ofVersion(call: Call, text: string, address: string | undefined): Promise<Contents> {
    const { openLayer, readPlace } = await import("./layer");
    const place = readPlace(call, address);
    const { findVersion, readOutline } = await import("./layerOutline");
    const outline = await readOutline(await openLayer(call, place), call.signal);
    const version = findVersion(outline, text);
    const record = outline.records.get(version);
    const name = `${outline.layerName} version ${version}`;
    if (record?.packages !== undefined) {
        const { codeSize, codeSha256, packages } = record;
        const sum = packages.reduce((total, { uncompressedSize }) => total + uncompressedSize, 0);
        const uncompressedSize = record.uncompressedSize ?? sum;
        const files = packages.reduce((total, each) => total + each.files, 0);
        const otherSize = Math.max(0, uncompressedSize - sum);
        return { name, codeSize, codeSha256, uncompressedSize, files, packages, otherSize };
    }
    const { readVersionZip } = await import("./layerZip");
    return { name, ...(await readVersionZip(outline, version, call.signal)) };
}
