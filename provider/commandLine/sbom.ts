import path from "node:path";
import type { Dependency } from "../manifest/model";
import { type Call, type Command, layerOptions, writeJson } from "./command";
import type { Component } from "./cyclonedx";
import type { DescribedVersion } from "./describedVersion";
import type { LayerOutline } from "./layerOutline";
import { UsageError } from "./options";
import { writeOutput } from "./output";
import { splitAddress } from "./versionArguments";

export const sbomCommand: Command = {
    name: "sbom",
    summary: "The bill of materials of a version, as CycloneDX 1.6 JSON",
    usage: [
        "<version> --bucket <bucket> --layer <name> [options]",
        "<version> s3://<bucket>/<prefix> [options]",
    ],
    details: [
        "Packages are those of the version's record; where there is none, what is installed in its zip, which is downloaded from Lambda. Hashes are those of the wheels that the manifest beside the record names. One version always gives the same text.",
    ],
    options: [
        ...layerOptions,
        { name: "output", short: "o", value: "<file>", text: "write it there (default: standard output)" },
    ],
    examples: [
        { line: "sbom 7 --bucket artifacts --layer shop-prod-deps -o bom.json", text: "into a file" },
        {
            line: "sbom latest s3://artifacts/lambda/shop-prod-deps | jq -r '.components[].purl'",
            text: "every package's purl",
        },
    ],
    run: runSbom,
};

async function runSbom(call: Call): Promise<void> {
    const { options, terminal, signal } = call;
    const { address, rest } = splitAddress(call.positionals);
    const [text] = rest;
    if (text === undefined || rest.length > 1) {
        throw new UsageError(`sbom takes one version, and was given ${rest.length}.`);
    }
    const { requireVersionText } = await import("./versionArguments");
    requireVersionText(text);
    const { openLayer, readPlace } = await import("./layer");
    const place = readPlace(call, address);
    const [{ findVersion, readOutline }, { describeVersion }, { billOfMaterials }, { packageVersion }] =
        await Promise.all([
            import("./layerOutline"),
            import("./describedVersion"),
            import("./cyclonedx"),
            import("./packageVersion"),
        ]);
    const outline = await readOutline(await openLayer(call, place), signal);
    const described = describeVersion(outline, findVersion(outline, text));
    const { components, complete, codeSha256 } = await componentsOf(outline, described, signal);
    const { record, version, publishedAt } = described;
    const bill = billOfMaterials({
        layerName: outline.layerName,
        version,
        layerVersionArn: record?.layerVersionArn,
        codeSha256: record?.codeSha256 ?? codeSha256,
        publishedAt,
        settings: described.settings,
        manifestUri: described.manifestUri,
        components,
        complete,
        toolVersion: await packageVersion(),
    });
    const file = options.text("output");
    if (file === undefined) {
        writeJson(terminal, bill);
        return;
    }
    const destination = path.resolve(terminal.folder, file);
    await writeOutput(destination, `${JSON.stringify(bill, null, 2)}\n`);
    terminal.writeError(`${file}: ${components.length} components of version ${version}\n`);
}

/** What the version is made of, whether that is known to be all, and the zip's hash where it was looked into. */
async function componentsOf(
    outline: LayerOutline,
    described: DescribedVersion,
    signal: AbortSignal,
): Promise<{ components: Component[]; complete: boolean; codeSha256?: string }> {
    const { readStored, selectStored } = await import("./storedManifest");
    const { record, settings, version } = described;
    const manifest = record && (await readStored(outline.layer.store, record));
    const selected = new Map(
        ((manifest && selectStored(manifest, settings)) ?? []).map((each) => [each.name, each]),
    );
    const withSource = ({ name, version }: { name: string; version: string }): Component => {
        const known: Dependency | undefined = selected.get(name);
        const same = known?.version === undefined || known.version === version;
        return { name, version, ...(known !== undefined && same ? { dependency: known } : {}) };
    };
    const fromRecord = record?.packages ?? asList(record?.dependencies);
    if (fromRecord !== undefined) {
        return { components: fromRecord.map(withSource), complete: true };
    }
    if (described.inLambda) {
        const { readVersionZip } = await import("./layerZip");
        const { packages, otherSize, codeSha256 } = await readVersionZip(outline, version, signal);
        if (packages.length > 0) {
            return { components: packages.map(withSource), complete: otherSize === 0, codeSha256 };
        }
    }
    const { requireDependencies } = await import("./describedVersion");
    const listed = asList(requireDependencies(described)) ?? [];
    return { components: listed.map(withSource), complete: false };
}

const asList = (
    dependencies: Readonly<Record<string, string>> | undefined,
): { name: string; version: string }[] | undefined =>
    dependencies && Object.entries(dependencies).map(([name, version]) => ({ name, version }));
