import { LayerError } from "./errors";
import type { CheckedInputs } from "./inputs";

/**
 * MANIFEST_CHANGED: the manifest of a create is not the one that `check` saw. What is built or published must be what the
 * preview showed.
 *
 * @param md5 hex, of the bytes that are there now
 */
export const manifestChanged = (inputs: CheckedInputs, md5: string): LayerError =>
    new LayerError("MANIFEST_CHANGED", {
        what: `The manifest ${inputs.manifest} of layer "${inputs.layerName}" changed while the run was under way.`,
        detail: [`checked MD5 ${inputs.manifestMd5}`, `found MD5 ${md5}`],
        next: "Nothing was published. Run the same command again when whatever writes the file is done.",
        property: "manifest",
    });
