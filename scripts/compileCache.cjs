// Loaded with `node --require`: keeps what V8 compiled of installed packages, in the folder that PLL_COMPILE_CACHE names. Two processes of
// Node start with every `pulumi up`, and half of their time goes into compiling the same megabytes of Pulumi, TypeScript and the AWS SDK.
// Node 22 has this built in, as NODE_COMPILE_CACHE, but it writes nothing when a process is killed, as plugins are.
"use strict";
const { createHash } = require("node:crypto");
const { readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { basename, dirname, join, sep } = require("node:path");
const { deserialize, serialize } = require("node:v8");
const vm = require("node:vm");

const folder = process.env.PLL_COMPILE_CACHE;
const installed = `${sep}node_modules${sep}`;
const typescript = join("node_modules", "typescript", "lib", "typescript.js");
/** Bytes of source not in the cache yet that are worth writing all of it again. */
const worthWriting = 300_000;

if (folder !== undefined && process.argv[1] !== undefined) start(join(folder, nameOf(process.argv[1])));

/** One file for each kind of program: `run/index.js`. */
function nameOf(main) {
    const place = main.includes(installed) ? join(basename(dirname(main)), basename(main)) : basename(main);
    const name = `${process.version} ${place}`;
    return `${createHash("sha256").update(name).digest("hex").slice(0, 16)}.bin`;
}

function start(path) {
    /** What V8 compiled, by the SHA-1 of the source: V8 itself compares no more than its length. */
    const known = read(path);
    const fresh = new Map();
    let freshBytes = 0;
    const compileOtherwise = Module.prototype._compile;

    Module.prototype._compile = function (content, filename, format) {
        if (!filename.includes(installed) || importsLater(content, filename)) {
            return compileOtherwise.call(this, content, filename, format);
        }
        const source = Module.wrap(content.replace(/^#!.*/, ""));
        const key = createHash("sha1").update(source).digest("base64");
        const script = compiled(source, filename, known.get(key));
        if (script === undefined) return compileOtherwise.call(this, content, filename, format);
        if (!known.has(key) || script.cachedDataRejected) {
            fresh.set(key, script);
            freshBytes += source.length;
        }
        const require = Module.createRequire(filename);
        const own = (id) => this.require(id);
        Object.assign(own, {
            resolve: require.resolve,
            main: process.mainModule,
            extensions: require.extensions,
            cache: Module._cache,
        });
        return script
            .runInThisContext()
            .call(this.exports, this.exports, own, this, filename, dirname(filename));
    };

    const save = () => {
        if (freshBytes < worthWriting) return;
        freshBytes = 0;
        for (const [key, script] of fresh) known.set(key, script.createCachedData());
        fresh.clear();
        try {
            const partial = `${path}.${process.pid}`;
            writeFileSync(partial, serialize(known));
            renameSync(partial, path);
        } catch {
            // The folder is gone: the run is over.
        }
    };
    process.on("exit", save);
    setTimeout(save, 1500).unref();
}

/** Undefined for what is no script: an ES module, a fault. Node itself says what it makes of it. */
function compiled(source, filename, cachedData) {
    try {
        return new vm.Script(source, { filename, cachedData });
    } catch {
        return undefined;
    }
}

/** A script's own `import()` is experimental. TypeScript only writes about it. */
const importsLater = (content, filename) => !filename.endsWith(typescript) && /\bimport\s*\(/.test(content);

function read(path) {
    try {
        return deserialize(readFileSync(path));
    } catch {
        return new Map();
    }
}
