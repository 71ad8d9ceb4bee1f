"""Runs a command and writes how long it took and the most memory that one process of it held: measure.py OUT COMMAND…"""

import json
import resource
import subprocess
import sys
import time

output, *command = sys.argv[1:]
started = time.perf_counter()
exit_code = subprocess.call(command)
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(output, "w", encoding="utf-8") as file:
    # Linux counts in KiB, macOS in bytes.
    json.dump({"seconds": seconds, "peakBytes": peak * (1 if sys.platform == "darwin" else 1024)}, file)
sys.exit(exit_code)
