import fc from "fast-check";

// Everywhere else each run tries other cases. A change is to be judged by what it changed, so CI always tries the same ones.
if (process.env["CI"] !== undefined && process.env["CI"] !== "") {
    fc.configureGlobal({ seed: 20261122 });
}
