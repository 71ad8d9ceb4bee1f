import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Wheel } from "../../../provider/build/model";
import type { Target } from "../../../provider/target";
import { type CraftedEntry, type CraftedZip, craftZip } from "./craftZip";

export const target: Target = {
    pythonFullVersion: "3.12.0",
    patchRelease: "given",
    pythonVersion: "3.12",
    runtime: "python3.12",
    architecture: "x86_64",
    machine: "x86_64",
    glibc: [2, 34],
};

export interface CraftedWheel {
    readonly name?: string;
    readonly version?: string;
    /** `py3-none-any` by default. */
    readonly tag?: string;
    readonly origin?: Wheel["origin"];
    /** Files beside the dist-info's METADATA, WHEEL and RECORD. */
    readonly entries?: readonly CraftedEntry[];
    readonly wheelVersion?: string;
    /** Files of the dist-info that are left out: `["RECORD"]`. */
    readonly without?: readonly string[];
    readonly zip?: CraftedZip;
}

/** Writes a wheel, honest but for what `entries` and `zip` do, into `folder`. */
export async function craftWheel(folder: string, crafted: CraftedWheel): Promise<Wheel> {
    const { name = "demo", version = "1.0", tag = "py3-none-any" } = crafted;
    const stem = `${name.replaceAll("-", "_")}-${version}`;
    const metadata: CraftedEntry[] = [
        {
            name: `${stem}.dist-info/METADATA`,
            content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
        },
        {
            name: `${stem}.dist-info/WHEEL`,
            content: `Wheel-Version: ${crafted.wheelVersion ?? "1.0"}\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
        },
    ];
    const listed = [...(crafted.entries ?? []), ...metadata];
    const record = listed.map(
        (entry) => `${csv(String(entry.name))},${recordHash(entry)},${byteLength(entry)}\n`,
    );
    const recordPath = `${stem}.dist-info/RECORD`;
    const entries = [...listed, { name: recordPath, content: `${record.join("")}${recordPath},,\n` }].filter(
        (entry) => !(crafted.without ?? []).some((file) => entry.name === `${stem}.dist-info/${file}`),
    );
    const bytes = craftZip(entries, crafted.zip);
    return keepWheel(folder, `${stem}-${tag}.whl`, bytes, {
        name,
        version,
        origin: crafted.origin ?? "fetched",
    });
}

/** Writes any bytes as a wheel file. */
export async function keepWheel(
    folder: string,
    filename: string,
    bytes: Buffer,
    facts: { readonly name: string; readonly version: string; readonly origin?: Wheel["origin"] },
): Promise<Wheel> {
    const path = join(folder, filename);
    await writeFile(path, bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { origin: "fetched", ...facts, filename, path, size: bytes.length, sha256 };
}

/** `sha256=…` of an entry's content, as RECORD files have it. */
export const recordHash = (entry: CraftedEntry): string =>
    `sha256=${createHash("sha256")
        .update(entry.content ?? "")
        .digest("base64url")}`;

const byteLength = (entry: CraftedEntry): number => Buffer.byteLength(entry.content ?? "");

const csv = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
