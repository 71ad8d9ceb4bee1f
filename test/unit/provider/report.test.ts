import assert from "node:assert/strict";
import { engineAddress } from "../../../provider/engineLog";
import { progress, report, reportOnce, warn } from "../../../provider/report";
import { quietly } from "../../lifecycle/quiet";

const subject = {
    layerName: "shop-deps",
    owner: "acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::deps",
};

describe("the engine's address", () => {
    it("is the argument of the process that Pulumi starts for dynamic resources", () => {
        const script = "/app/node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js";
        assert.equal(engineAddress(["node", script, "127.0.0.1:41234"]), "127.0.0.1:41234");
        assert.equal(engineAddress(["node", script, "[::1]:41234"]), "[::1]:41234");
    });

    it("is nobody's in any other process", () => {
        assert.equal(engineAddress(["node", "/app/mocha.js", "127.0.0.1:41234"]), undefined);
        assert.equal(engineAddress(["node", "/app/dynamic-provider/index.js"]), undefined);
        assert.equal(engineAddress(["node", "/app/dynamic-provider/index.js", "--help"]), undefined);
        assert.equal(engineAddress([]), undefined);
    });
});

describe("what is said where no engine is", () => {
    it("names the layer, and leaves out progress", async () => {
        const lines: string[] = [];
        await quietly(async () => {
            report(subject, "published version 7");
            warn(subject, "it is large");
            progress(subject, "14 of 19 wheels");
        }, lines);
        assert.deepEqual(lines, ["shop-deps: published version 7", "warning: shop-deps: it is large"]);
    });

    it("is said once for each layer, where it is to be said once", async () => {
        const lines: string[] = [];
        await quietly(async () => {
            for (const layerName of ["one", "one", "two"]) reportOnce({ ...subject, layerName }, "1 changed");
        }, lines);
        assert.deepEqual(lines, ["one: 1 changed", "two: 1 changed"]);
    });

    it("is said for each of two layers of one name, which may be in two regions", async () => {
        const lines: string[] = [];
        await quietly(async () => {
            for (const name of ["ireland", "tokyo", "tokyo"]) {
                const owner = subject.owner.replace("deps", name);
                reportOnce({ layerName: "same", owner }, "2 changed");
            }
        }, lines);
        assert.deepEqual(lines, ["same: 2 changed", "same: 2 changed"]);
    });
});
