import assert from "node:assert/strict";
import type { ObjectHead } from "../../../provider/aws/objects";
import { requireLabel } from "../../../provider/publish/preflight";

const head = (metadata: Record<string, string>, size = 10): ObjectHead => ({
    etag: '"e"',
    size,
    metadata,
    versionId: undefined,
});
const check = (found: ObjectHead | undefined) => () =>
    requireLabel(found, "s3://b/layer.zip", "0a1b", "deps");

describe("requireLabel", () => {
    it("takes an archive that was built from this manifest", () => {
        check(head({ manifest_md5: "0a1b" }))();
    });

    it("refuses one that is not there, empty, without a label, or of another manifest, each in its own words", () => {
        assert.throws(check(undefined), /^LayerError: ARCHIVE_NOT_FOUND: .*is not in S3/);
        assert.throws(check(head({ manifest_md5: "0a1b" }, 0)), /ARCHIVE_NOT_FOUND: .*is an empty object/);
        assert.throws(check(head({})), /ARCHIVE_UNLABELLED[\s\S]*--metadata manifest_md5=0a1b/);
        assert.throws(check(head({ manifest_md5: "ffff" })), /ARCHIVE_STALE[\s\S]*ffff[\s\S]*0a1b/);
    });
});
