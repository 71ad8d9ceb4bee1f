"""Compares what layer zips hold with the first of them, as JSON: compare_trees.py ZIP ZIP…

Sizes are in bytes. Entries are compared by name and CRC-32. RECORD is left out of `different`: every installer
writes its own."""

import json
import re
import sys
import zipfile

# What an installer leaves beside the packages' own files: notes, byte code, launchers, its own modules.
NOTES = re.compile(
    r"\.dist-info/(INSTALLER|REQUESTED|RECORD|direct_url\.json|uv_cache\.json|uv_build\.json)$"
    r"|(^|/)__pycache__/|^python/(bin/|\.lock$|_virtualenv\.(py|pth)$|requirements\.txt$|AWS_SAM)"
)


def entries(path):
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    prefix = "" if any(info.filename.startswith("python/") for info in infos) else "python/"
    return {prefix + info.filename: info for info in infos}


def describe(path, reference):
    own = entries(path)
    common = [name for name in own if name in reference and own[name].CRC == reference[name].CRC]
    return {
        "files": len(own),
        "uncompressedBytes": sum(info.file_size for info in own.values()),
        "missing": sorted(name for name in reference if name not in own and not NOTES.search(name)),
        "added": sorted(name for name in own if name not in reference and not NOTES.search(name)),
        "notes": sum(1 for name in own if name not in reference and NOTES.search(name)),
        "different": sorted(
            name for name in own if name in reference and name not in common and not NOTES.search(name)
        ),
        "commonFiles": len(common),
        "commonCompressedBytes": sum(own[name].compress_size for name in common),
        "referenceCompressedBytes": sum(reference[name].compress_size for name in common),
    }


first = entries(sys.argv[1])
print(json.dumps([describe(path, first) for path in sys.argv[1:]]))
