import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pythonPath } from "../../tools";

/** An entry as Python's zipfile sees it; it has checked the CRC-32 while reading. */
export interface PythonEntry {
    readonly name: string;
    readonly sha256: string;
    readonly size: number;
    readonly mode: number;
    readonly date: readonly number[];
    readonly system: number;
    readonly extra: number;
    readonly flags: number;
    readonly method: number;
    readonly text?: string;
}

const script = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    entries = []
    for info in archive.infolist():
        content = archive.read(info)
        entry = dict(name=info.filename, sha256=hashlib.sha256(content).hexdigest(), size=info.file_size,
            mode=info.external_attr >> 16, date=info.date_time, system=info.create_system, extra=len(info.extra),
            flags=info.flag_bits, method=info.compress_type)
        if info.filename.endswith("/RECORD"):
            entry["text"] = content.decode()
        entries.append(entry)
json.dump(entries, sys.stdout)
`;

/** The entries of a zip, read, unpacked and checked by a reader that is not ours. */
export async function readWithPython(path: string): Promise<PythonEntry[]> {
    const { stdout } = await promisify(execFile)(pythonPath(), ["-c", script, path], {
        maxBuffer: 256 * 1024 * 1024,
    });
    return JSON.parse(stdout);
}

/** How many entries Python's zipfile finds, and the last one's name: quick, where there are tens of thousands. */
export async function countWithPython(path: string): Promise<readonly [number, string | undefined]> {
    const code =
        "import sys, zipfile; names = zipfile.ZipFile(sys.argv[1]).namelist(); print(len(names), *names[-1:])";
    const { stdout } = await promisify(execFile)(pythonPath(), ["-c", code, path]);
    const [count, last] = stdout.trim().split(" ");
    return [Number(count), last];
}
