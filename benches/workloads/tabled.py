"""fastfetch: how long results that are there take to become a table.

Of each way the shortest time, and how much of it is beyond copying the bodies.
"""

import json
from urllib.parse import urljoin

from benches.tables import fetched, milliseconds, ways

from .harness import Job

SHOWN = {"to_polars": "polars", "to_pandas": "pandas", "table": "Table"}


def main(job: Job) -> dict[str, float]:
    found = milliseconds(ways(fetched(urljoin(job.url, "/").rstrip("/"), job.count)))
    copied = found["copy"]
    beyond = {f"{name}: ms beyond the bodies": found[way] - copied for way, name in SHOWN.items()}
    return {**beyond, "the bodies copied: ms": copied}


print(json.dumps(main(Job.from_arguments())))
