import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    buildEnvironment,
    dockerEnvironment,
    environmentFor,
    proxiesWithPassword,
    variableNames,
} from "../../../provider/build/environment";
import { repository } from "../../../scripts/cacheFolder";

const secrets = {
    AWS_SECRET_ACCESS_KEY: "x",
    GITHUB_TOKEN: "x",
    PULUMI_CONFIG_PASSPHRASE: "x",
    UV_INDEX_CORP_PASSWORD: "x",
    GIT_DIR: "x",
    aws_secret_access_key: "x",
};

describe("the environment of a program", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "environment-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it("has what is on its list", async () => {
        const host = { ...secrets, HOME: "/home/me", PATH: "/bin", SSH_AUTH_SOCK: "/agent", LC_ALL: "C" };
        const common = { PATH: "/bin", LC_ALL: "C" };
        const home = join(folder, "home");
        assert.deepEqual(environmentFor("python", host).variables, { ...common, HOME: "/home/me" });
        assert.deepEqual(environmentFor("git", host, { MORE: "1" }).variables, {
            ...common,
            HOME: "/home/me",
            SSH_AUTH_SOCK: "/agent",
            MORE: "1",
        });
        assert.deepEqual((await buildEnvironment(host, folder)).variables, {
            ...common,
            HOME: home,
            UV_CACHE_DIR: "/home/me/.cache/uv",
            UV_PYTHON_INSTALL_DIR: "/home/me/.local/share/uv/python",
            RUSTUP_HOME: "/home/me/.rustup",
            GIT_CONFIG_NOSYSTEM: "1",
            GIT_TERMINAL_PROMPT: "0",
        });
        assert.deepEqual((await dockerEnvironment({ ...host, DOCKER_CONFIG: "/d" }, folder)).variables, {
            ...common,
            HOME: home,
            DOCKER_CONFIG: "/d",
            XDG_CONFIG_HOME: "/home/me/.config",
            XDG_DATA_HOME: "/home/me/.local/share",
        });
        assert.deepEqual(await readdir(home), []);
    });

    it("leaves uv's cache and Pythons where the user has them", async () => {
        const host = { HOME: "/home/me", XDG_CACHE_HOME: "/cache", XDG_DATA_HOME: "/data" };
        const { variables } = await buildEnvironment(host, folder);
        assert.equal(variables["UV_CACHE_DIR"], "/cache/uv");
        assert.equal(variables["UV_PYTHON_INSTALL_DIR"], "/data/uv/python");
        const named = await buildEnvironment({ ...host, UV_CACHE_DIR: "/named" }, folder);
        assert.equal(named.variables["UV_CACHE_DIR"], "/named");
    });

    it("of a build has proxies, but for one with a password, which uv gets in its settings", async () => {
        const open = { https_proxy: "http://proxy.example:3128", NO_PROXY: "localhost" };
        assert.equal((await buildEnvironment(open, folder)).variables["https_proxy"], open.https_proxy);
        assert.equal(proxiesWithPassword(open), undefined);
        for (const address of ["http://me:s3cret@proxy.example:3128", "me:s3cret@proxy.example:3128"]) {
            const host = { ...open, https_proxy: address, ALL_PROXY: "http://other.example" };
            const { variables } = await buildEnvironment(host, folder);
            assert.deepEqual([variables["https_proxy"], variables["NO_PROXY"]], [undefined, "localhost"]);
            assert.deepEqual(proxiesWithPassword(host), { http: "http://other.example", https: address });
        }
    });

    it("is in the documents, name by name", async () => {
        const page = await readFile(join(repository, "docs", "security.md"), "utf8");
        const [, table = ""] = page.split("## What they see");
        const [told = ""] = table.split(/\n## /);
        const inContainer = ["PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES"];
        const rows = told
            .split("\n")
            .filter((line) => line.startsWith("|"))
            .join("\n");
        const named = new Set([...rows.matchAll(/`([A-Z][A-Z0-9_]+\*?)`/g)].map(([, name = ""]) => name));
        assert.deepEqual([...named].sort(), [...new Set([...variableNames, ...inContainer])].sort());
    });

    it("is made in one place, and programs are started in one place", async () => {
        const sources = await readdir(join(repository, "provider"), { recursive: true });
        const starting: string[] = [];
        for (const path of sources.filter((name) => name.endsWith(".ts"))) {
            const text = await readFile(join(repository, "provider", path), "utf8");
            if (/child_process|worker_threads|node:cluster/.test(text)) starting.push(path);
        }
        assert.deepEqual(starting, [join("build", "run.ts")]);
    });
});
