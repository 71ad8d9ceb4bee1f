import { isolateProcess } from "../scripts/isolation";

// Mocha loads this before any test: no test and no tool that one starts sees the user's caches, settings or home.
isolateProcess();
