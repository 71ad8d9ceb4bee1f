import { createHash } from "node:crypto";
import { type CraftedEntry, craftZip } from "./package/craftZip";

/** A package that a server has at {@link wheelPath}. */
export interface LockedWheel {
    readonly name: string;
    readonly version: string;
    readonly wheel: Buffer;
}

/** A wheel for every platform with one file beside its metadata. */
export function wheelOf(name: string, version: string, file: CraftedEntry): Buffer {
    const info = `${name}-${version}.dist-info`;
    const files = [
        file,
        { name: `${info}/METADATA`, content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n` },
        { name: `${info}/WHEEL`, content: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n" },
    ];
    const record = files.map((each) => `${each.name},,${each.content?.length ?? 0}\n`).join("");
    return craftZip([...files, { name: `${info}/RECORD`, content: `${record}${info}/RECORD,,\n` }]);
}

/** Where a server has a package's wheel: `/demo-1.0-py3-none-any.whl`. */
export const wheelPath = ({ name, version }: Pick<LockedWheel, "name" | "version">): string =>
    `/${name}-${version}-py3-none-any.whl`;

/** A uv.lock of a project that needs some packages of a server, others in its group `dev`. */
export function lockText(
    origin: string,
    packages: readonly LockedWheel[],
    dev: readonly LockedWheel[] = [],
): string {
    const names = (list: readonly LockedWheel[]) =>
        list.map(({ name }) => `    { name = "${name}" },\n`).join("");
    const entries = [...packages, ...dev].map(({ name, version, wheel }) => {
        const hash = createHash("sha256").update(wheel).digest("hex");
        return `
[[package]]
name = "${name}"
version = "${version}"
source = { registry = "${origin}/simple" }
wheels = [
    { url = "${origin}${wheelPath({ name, version })}", hash = "sha256:${hash}", size = ${wheel.length} },
]
`;
    });
    return `version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
${names(packages)}]

[package.dev-dependencies]
dev = [
${names(dev)}]
${entries.join("")}`;
}
