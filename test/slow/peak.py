"""Runs a command and tells the most memory that it or a child of it had resident: `peak.py FILE COMMAND...`"""
import json
import resource
import subprocess
import sys

run = subprocess.run(sys.argv[2:])
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w", encoding="utf-8") as report:
    # Linux counts in KiB
    json.dump({"status": run.returncode, "peakBytes": usage.ru_maxrss * 1024, "cpuSeconds": usage.ru_utime + usage.ru_stime}, report)
sys.exit(run.returncode)
