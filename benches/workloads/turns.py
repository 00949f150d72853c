"""The schedule alone, without a network: what a decision costs with 10,000 hosts in line.

The engine measures it in a test that is left out elsewhere; all of COUNT, URL and IN_FLIGHT are its own.
"""

import json
import re
import subprocess

from ..program import engine_tests

TEST = "engine::schedule::tests::cost_with_ten_thousand_hosts"

command = [engine_tests(), "--ignored", "--nocapture", "--exact", TEST]
done = subprocess.run(command, capture_output=True, text=True, check=True)
match = re.search(r"push (\d+) ns, admit and done (\d+) ns", done.stdout)
if match is None:
    raise SystemExit(f"no figures in {done.stdout!r}")
print(json.dumps({"ns to push": float(match[1]), "ns to admit and give back": float(match[2])}))
