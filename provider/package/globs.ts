/** Files to leave out, by their path in the layer. */
export interface FileFilter {
    /** @param path below the folder that is put on Python's path: `numpy/tests/test_x.py` */
    readonly leavesOut: (path: string) => boolean;
    /** Globs that have left nothing out so far, as given. */
    readonly unused: () => string[];
}

/**
 * A filter of globs, as `.gitignore` reads them: one without a slash fits a file or folder at any depth, any other one
 * starts at the layer's `python/`; one that fits a folder leaves out all of it. Hidden files count; case matters.
 */
export async function fileFilter(globs: readonly string[]): Promise<FileFilter> {
    if (globs.length === 0) return { leavesOut: () => false, unused: () => [] };
    const { default: picomatch } = await import("picomatch");
    const matchers = globs.map((glob) => {
        const path = glob.replace(/^\/+/, "").replace(/\/+$/, "");
        const anchored = glob.replace(/\/+$/, "").includes("/") ? path : `**/${path}`;
        const matches = picomatch([anchored, `${anchored}/**`], { dot: true, nonegate: true });
        return { glob, matches, used: false };
    });
    return {
        leavesOut: (path) => {
            let isLeftOut = false;
            for (const matcher of matchers) {
                if (!matcher.matches(path)) continue;
                matcher.used = true;
                isLeftOut = true;
            }
            return isLeftOut;
        },
        unused: () => matchers.filter(({ used }) => !used).map(({ glob }) => glob),
    };
}
